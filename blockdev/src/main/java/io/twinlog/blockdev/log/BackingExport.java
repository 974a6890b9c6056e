package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.BackingCheck.Report;
import io.twinlog.blockdev.shelf.AlignedBuffers;
import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Writes the device, as of the last write that the backing holds, to a file. */
public final class BackingExport {

  private static final int CHUNK_BYTES = 1 << 20;

  private BackingExport() {}

  /**
   * Replays the log into a new file; the backing is only read. Blocks. When it fails, the file is
   * removed.
   *
   * @param superblock as {@link BackingFormat#open} gave it
   * @param image must not exist
   * @return what was exported; the caller says so when it is not complete
   */
  public static Report run(Shelf shelf, Superblock superblock, Path image) throws IOException {
    return run(List.of(shelf), superblock, image);
  }

  /** The same from several shelves, in their order; null for one that cannot be used. */
  public static Report run(List<Shelf> shelves, Superblock superblock, Path image)
      throws IOException {
    BackingReader reader = new BackingReader(shelves, superblock);
    Report report = BackingCheck.run(reader, superblock);
    if (report.recovered() == null) {
      throw new IOException(
          "cannot tell what the backing of %s holds: %s"
              .formatted(superblock.resourceName(), String.join("; ", report.problems())));
    }
    try (FileChannel file =
        FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      try {
        copy(reader, report, file);
        file.force(true);
      } catch (IOException e) {
        Files.deleteIfExists(image);
        throw e;
      }
    }
    return report;
  }

  private static void copy(BackingReader reader, Report report, FileChannel file)
      throws IOException {
    ByteBuffer chunk = AlignedBuffers.allocate(CHUNK_BYTES);
    long deviceBytes = report.superblock().layout().deviceBytes();
    for (long offset = 0; offset < deviceBytes; offset += CHUNK_BYTES) {
      chunk.clear().limit((int) Math.min(CHUNK_BYTES, deviceBytes - offset));
      reader.contents(report.recovered().newest(), (int) (offset / Layout.BLOCK_BYTES), chunk);
      while (chunk.hasRemaining()) {
        file.write(chunk);
      }
    }
  }
}
