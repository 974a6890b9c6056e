package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.AlignedBuffers;
import io.twinlog.blockdev.shelf.BlockingShelf;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way on a real file, with direct I/O. */
class BackingOnFileTest {

  @TempDir Path directory;

  @Test
  void shouldExportWhatWasLoggedWhenTheBackingIsAFile() throws IOException {
    long deviceBytes = 1 << 20;
    ShelfSpec spec = ShelfSpec.parse("file:" + directory.resolve("r0.img"));
    Layout layout = Layout.of(deviceBytes, 4096, 0);
    assertTrue(spec.createIfMissing(layout.totalBytes()));
    List<String> nodes = List.of("alpha", "beta");
    try (Shelf shelf = spec.open("test", (thread, death) -> {})) {
      BackingFormat.create(
          shelf, new NewBacking(LogFixture.RESOURCE, "r0", layout, nodes, Instant.EPOCH), false);
      PieceEncoder encoder = LogFixture.encoder(1, 0xB, new RingEnd(1, 0, 0));
      ByteBuffer piece = AlignedBuffers.allocate(3 * Layout.BLOCK_BYTES);
      encoder.begin(1, 0, 1);
      piece.position(PieceEncoder.HEADER_BYTES);
      piece.put(LogFixture.content(4711)).put(LogFixture.content(4712));
      long position = encoder.encode(piece, new long[] {Run.data(254, 2)}, 1, true);
      new BlockingShelf(shelf).writeDurably("append", layout.ringPlace(1, position), piece);
    }

    Path image = directory.resolve("image");
    try (Shelf shelf = spec.open("test", (thread, death) -> {})) {
      Superblock superblock =
          BackingFormat.open(shelf, new ExpectedBacking(null, "r0", deviceBytes, nodes));
      BackingCheck.Report report = BackingExport.run(shelf, superblock, image);
      // View 1 has base 0 and no primary; a batch of it counts all the same.
      assertEquals(1, report.recovered().end());
    }
    ByteBuffer expected = ByteBuffer.allocate((int) deviceBytes);
    expected.position(254 * Layout.BLOCK_BYTES);
    expected.put(LogFixture.content(4711)).put(LogFixture.content(4712));
    assertArrayEquals(expected.array(), Files.readAllBytes(image));
  }
}
