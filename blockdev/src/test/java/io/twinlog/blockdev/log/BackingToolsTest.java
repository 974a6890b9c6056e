package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Design, section 7: {@code check} and {@code export}. */
class BackingToolsTest {

  private static final int BLOCKS = 300; // more than one chunk of an export
  private static final Layout LAYOUT =
      Layout.of(
          BLOCKS * (long) Layout.BLOCK_BYTES,
          512,
          Layout.minimumRingBytes(BLOCKS * (long) Layout.BLOCK_BYTES));
  private static final View PAIR =
      new View(2, 1, 3, 0xA, 0xB, 0, false, false, 1, List.of(new View.CutLimit(1, 0)));

  @TempDir Path directory;

  private final MemoryShelf shelf = new MemoryShelf(LAYOUT.totalBytes(), 512);
  private final PieceEncoder encoder = LogFixture.encoder(1, 0xB, new RingEnd(1, 0, 0));
  private Superblock superblock;

  @BeforeEach
  void format() throws IOException {
    superblock =
        BackingFormat.create(
            shelf,
            new NewBacking(
                LogFixture.RESOURCE, "r0", LAYOUT, List.of("alpha", "beta"), Instant.EPOCH),
            false);
  }

  private void choose(View view) {
    SlotRecord slot = new SlotRecord(1, 2, 0xB, view.number(), 0, 0, null, view, 0, 0);
    SlotCodec.encode(slot, shelf.bytes().slice((int) LAYOUT.slotOffset(1, 2), 512));
  }

  private void log(long from, long cut, Map<Integer, Integer> blocks) {
    for (LogFixture.Append append : LogFixture.batch(LAYOUT, encoder, 1, 2, from, cut, blocks)) {
      shelf.bytes().put((int) append.offsetBytes(), append.bytes(), 0, append.bytes().capacity());
    }
  }

  private BackingCheck.Report check() throws IOException {
    return BackingCheck.run(shelf, superblock);
  }

  @Test
  void shouldSayThatNothingIsMissingWhenTheBackingIsNew() throws IOException {
    assertEquals(
        """
        resource r0 (01234567-89ab-cdef-0011-223344556677), formatted 1970-01-01T00:00:00Z
        device 1228800 bytes, log rings of 2764800 bytes, sectors of 512 bytes
        view 1: members none; primary none; base 0; complete at birth; clean
        alpha: slot 1, incarnation 0, view 1, mark 1
        alpha: checkpoint at write 0 (view 1); log: no batch; it ends there
        beta: slot 1, incarnation 0, view 1, mark 1
        beta: checkpoint at write 0 (view 1); log: no batch; it ends there
        holds every write up to 0: 0 in the data area, the rest in 0 batches
        complete: no acknowledged write is missing
        """,
        check().text());
  }

  @Test
  void shouldSayWhatMayBeMissingWhenAPairWasInUse() throws IOException {
    choose(PAIR);
    log(0, 3, Map.of(0, 3));
    log(3, 5, Map.of(1, 5));
    log(5, 6, Map.of(2, 6));
    // The last block of the last batch is lost.
    int last = (int) LAYOUT.ringPlace(1, encoder.end().position() - Layout.BLOCK_BYTES);
    shelf.bytes().put(last, new byte[Layout.BLOCK_BYTES]);

    BackingCheck.Report report = check();
    assertFalse(report.complete());
    assertEquals(List.of(), report.problems());
    assertEquals(
        """
        view 2: members alpha, beta; primary beta; base 0
        alpha: slot 1, incarnation 0, view 1, mark 1
        alpha: checkpoint at write 0 (view 1); log: no batch; it ends there
        beta: slot 2, incarnation b, view 2, mark 2
        beta: checkpoint at write 0 (view 1); log: 2 batches (1 to 2), 16384 bytes, \
        last cut at write 5; a torn batch follows, which does not count
        holds every write up to 5: 0 in the data area, the rest in 2 batches
        acknowledged writes after 5 may be missing
        """,
        report.text().lines().skip(2).map(line -> line + "\n").reduce("", String::concat));
  }

  @Test
  void shouldNameWhatIsDamagedWhenRecordsAreNotIntact() throws IOException {
    choose(PAIR);
    shelf.bytes().put((int) LAYOUT.checkpointOffset(0, 1) + 99, (byte) 1);
    shelf.bytes().put((int) LAYOUT.slotOffset(1, 1) + 99, (byte) 1);
    BackingCheck.Report report = check();
    assertEquals(
        List.of(
            "checkpoint sectors [1] of alpha are damaged",
            "alpha has no intact checkpoint record",
            "slot sectors [1] of beta are damaged"),
        report.problems());
    assertTrue(report.text().endsWith("what the backing holds cannot be said\n"));
    assertThrows(
        IOException.class, () -> BackingExport.run(shelf, superblock, directory.resolve("image")));
    assertFalse(Files.exists(directory.resolve("image")));
  }

  @Test
  void shouldNameTheContradictionWhenTheLogIsOfALaterView() throws IOException {
    log(0, 1, Map.of(0, 1));
    assertEquals(
        List.of("something was written in view 2, the slots know only view 1: damaged, or in use"),
        check().problems());
  }

  @Test
  void shouldSayThatWritesAreMissingWhenACleanLogIsDamaged() throws IOException {
    log(0, 3, Map.of(0, 3));
    choose(
        new View(
            3,
            View.NO_NODE,
            0,
            0,
            0,
            3,
            false,
            true,
            1,
            List.of(new View.CutLimit(1, 0), new View.CutLimit(2, 3))));
    assertTrue(check().complete());
    shelf.bytes().put((int) LAYOUT.ringOffset(1) + 5000, (byte) 1);
    BackingCheck.Report report = check();
    assertEquals(
        List.of("the log was complete and is not any more: it reaches write 0 of at least 3"),
        report.problems());
    assertTrue(report.text().endsWith("damaged: acknowledged writes after 0 are missing\n"));
  }

  @Test
  void shouldWriteTheDeviceWhenItIsExported() throws IOException {
    choose(PAIR);
    // The data area has 7s everywhere; the log has three blocks in five anew, one of them zeros.
    // It begins shortly before the end of the ring, so that it crosses it.
    for (int block = 0; block < BLOCKS; block++) {
      shelf.bytes().put(block * Layout.BLOCK_BYTES, LogFixture.content(7));
    }
    long tail = LAYOUT.ringBytes() - 40 * Layout.BLOCK_BYTES;
    CheckpointRecord checkpoint = new CheckpointRecord(1, 2, 0xB, 2, 0, 9, tail);
    CheckpointCodec.encode(
        checkpoint, shelf.bytes().slice((int) LAYOUT.checkpointOffset(1, 2), 512));
    encoder.rewind(new RingEnd(9, tail, 0));
    Map<Integer, Integer> blocks = new TreeMap<>();
    ByteBuffer expected = ByteBuffer.allocate((int) LAYOUT.deviceBytes());
    for (int block = 0; block < BLOCKS; block++) {
      int content = block % 5 == 0 ? LogFixture.ZEROS : 1000 + block;
      if (block % 5 < 3) {
        blocks.put(block, content);
      }
      expected.put(LogFixture.content(block % 5 < 3 ? content : 7));
    }
    log(0, 1, blocks);
    long writes = shelf.writes();

    Path image = directory.resolve("image");
    BackingCheck.Report report = BackingExport.run(shelf, superblock, image);
    assertEquals(1, report.recovered().end());
    assertArrayEquals(expected.array(), Files.readAllBytes(image));
    assertEquals(writes, shelf.writes());
    assertThrows(
        FileAlreadyExistsException.class, () -> BackingExport.run(shelf, superblock, image));
  }
}
