package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Contents of pieces of the device for a verify, in one buffer that is used for each in turn. */
final class VerifyPieces {
  /** One piece: it holds the loop for some ten microseconds. */
  static final int MAX_BYTES = 128 * 1024;

  private final RamDevice ram;
  private final ByteBuffer buffer;
  private final CRC32C checksum = new CRC32C();

  VerifyPieces(RamDevice ram) {
    this.ram = ram;
    buffer = ByteBuffer.allocate((int) Math.min(MAX_BYTES, ram.sizeBytes()));
  }

  /** What RAM holds of the range; valid until the next call. */
  ByteBuffer content(long offset, int length) {
    ram.read(offset, buffer.clear().limit(length));
    return buffer.rewind();
  }

  /** The same with all pending writes laid over it: the range as of the last one. */
  ByteBuffer content(long offset, int length, RequestQueue pending) {
    content(offset, length);
    PendingWrites.lay(pending, Long.MAX_VALUE, offset, length, buffer, 0);
    return buffer;
  }

  /** CRC32C of a content; its position moves. */
  int checksum(ByteBuffer content) {
    checksum.reset();
    checksum.update(content);
    return (int) checksum.getValue();
  }
}
