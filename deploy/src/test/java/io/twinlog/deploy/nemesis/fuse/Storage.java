package io.twinlog.deploy.nemesis.fuse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file behind all paths to it; whole sectors, as a disk has them. */
final class Storage implements AutoCloseable {

  static final int SECTOR_BYTES = 512;

  private static final int ZEROS_BYTES = 1 << 20;

  private final FileChannel file;
  private final long sizeBytes;

  Storage(Path path) throws IOException {
    file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    sizeBytes = file.size();
  }

  long sizeBytes() {
    return sizeBytes;
  }

  /** Reads as much as there is before the end, and flips the buffer. */
  void read(ByteBuffer into, long offsetBytes) throws IOException {
    long at = offsetBytes;
    while (into.hasRemaining()) {
      int count = file.read(into, at);
      if (count <= 0) {
        break;
      }
      at += count;
    }
    into.flip();
  }

  void write(ByteBuffer from, long offsetBytes) throws IOException {
    long at = offsetBytes;
    while (from.hasRemaining()) {
      at += file.write(from, at);
    }
  }

  /** As if another, empty disk were in the place. */
  void empty() throws IOException {
    ByteBuffer zeros = ByteBuffer.allocate(ZEROS_BYTES);
    for (long at = 0; at < sizeBytes; at += ZEROS_BYTES) {
      zeros.clear().limit((int) Math.min(ZEROS_BYTES, sizeBytes - at));
      write(zeros, at);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
