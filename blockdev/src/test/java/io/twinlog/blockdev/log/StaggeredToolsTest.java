package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the offline tools find on three shelves, of which one is missing, or has a bad copy. */
class StaggeredToolsTest {
  private static final int SHELVES = 3;
  private static final long DEVICE_BYTES = 40 * (long) Layout.BLOCK_BYTES;
  private static final Layout LAYOUT = Layout.of(DEVICE_BYTES, 512, 0);
  private static final Stagger STAGGER = new Stagger(LAYOUT, SHELVES, 8192);
  private static final View ALONE =
      new View(2, 1, 2, 0, 0xB, 0, true, false, 7, List.of(new View.CutLimit(1, 0)));

  @TempDir Path directory;

  private final List<MemoryShelf> shelves = new ArrayList<>();
  private Superblock superblock;

  @BeforeEach
  void logOneBatch() throws IOException {
    for (int i = 0; i < SHELVES; i++) {
      shelves.add(new MemoryShelf(STAGGER.shelfBytes(), 512));
    }
    superblock =
        BackingFormat.create(
            List.copyOf(shelves),
            new NewBacking(
                LogFixture.RESOURCE, "r0", STAGGER, List.of("alpha", "beta"), Instant.EPOCH),
            false);
    SlotRecord slot = new SlotRecord(1, 2, 0xB, 2, 0, 0, null, ALONE, 0, 0);
    ByteBuffer sector = ByteBuffer.allocate(512);
    SlotCodec.encode(slot, sector);
    for (MemoryShelf shelf : shelves) {
      shelf.bytes().put((int) STAGGER.placeOnEvery(LAYOUT.slotOffset(1, 2)), sector, 0, 512);
    }
    PieceEncoder encoder = LogFixture.encoder(1, 0xB, new RingEnd(1, 0, 0));
    Map<Integer, Integer> blocks = Map.of(3, 33, 17, 44, 39, 55);
    for (LogFixture.Append append : LogFixture.batch(LAYOUT, encoder, 1, 2, 0, 9, blocks)) {
      for (int at = 0; at < append.bytes().capacity(); at += 4096) {
        long offset = append.offsetBytes() + at;
        for (int copy = 0; copy < 2; copy++) {
          MemoryShelf shelf = shelves.get(STAGGER.shelfOf(offset, copy));
          shelf.bytes().put((int) STAGGER.place(offset, copy), append.bytes(), at, 4096);
        }
      }
    }
  }

  private List<Shelf> without(int... lost) {
    List<Shelf> left = new ArrayList<>(shelves);
    for (int shelf : lost) {
      left.set(shelf, null);
    }
    return left;
  }

  private byte[] export(List<Shelf> from) throws IOException {
    Path image = directory.resolve("image");
    Files.deleteIfExists(image);
    BackingExport.run(from, superblock, image);
    return Files.readAllBytes(image);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void shouldFindEverythingWhenAnyOneShelfIsMissing(int lost) throws IOException {
    byte[] whole = export(without());
    BackingCheck.Report report = BackingCheck.run(without(lost), superblock);
    assertTrue(report.complete(), report.text());
    assertTrue(report.text().contains("holds every write up to 9"), report.text());
    assertArrayEquals(whole, export(without(lost)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void shouldReadTheOtherCopyWhenOneIsTorn(int copy) throws IOException {
    byte[] whole = export(without());
    long first = LAYOUT.ringOffset(1);
    MemoryShelf torn = shelves.get(STAGGER.shelfOf(first, copy));
    int place = (int) STAGGER.place(first, copy);
    torn.bytes().put(place + 5, (byte) ~torn.bytes().get(place + 5));
    BackingCheck.Report report = BackingCheck.run(without(), superblock);
    assertTrue(report.complete(), report.text());
    assertArrayEquals(whole, export(without()));
  }

  @Test
  void shouldSayHowManyShelvesItTakesWhenThereIsNoMajority() {
    IOException failure =
        assertThrows(IOException.class, () -> BackingCheck.run(without(0, 1), superblock));
    assertEquals(
        "only 1 of the 3 shelves can be used; what the backing holds takes 2 to tell",
        failure.getMessage());
  }

  @Test
  void shouldNotReadAStaleShelf() throws IOException {
    byte[] whole = export(without());
    SlotRecord stale = new SlotRecord(1, 3, 0xB, 2, 0, 0, null, ALONE.withLiveShelves(0b110), 0, 0);
    ByteBuffer sector = ByteBuffer.allocate(512);
    SlotCodec.encode(stale, sector);
    for (MemoryShelf shelf : shelves.subList(1, SHELVES)) {
      shelf.bytes().put((int) STAGGER.placeOnEvery(LAYOUT.slotOffset(1, 3)), sector, 0, 512);
    }
    byte[] garbage = new byte[(int) STAGGER.chunkAreaBytes()];
    Arrays.fill(garbage, (byte) 0x5A);
    shelves.get(0).bytes().put(0, garbage);
    assertArrayEquals(whole, export(without()));
    assertThrows(IOException.class, () -> export(without(1)));
  }
}
