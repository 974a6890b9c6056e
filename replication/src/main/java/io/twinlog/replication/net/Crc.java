package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** CRC32C (Castagnoli, RFC 3720) of a piece of a buffer, without copying it. For one thread. */
final class Crc {
  private final CRC32C crc = new CRC32C();

  int of(ByteBuf buffer, int index, int length) {
    crc.reset();
    if (length > 0) {
      if (buffer.nioBufferCount() == 1) {
        crc.update(buffer.internalNioBuffer(index, length));
      } else {
        for (ByteBuffer part : buffer.nioBuffers(index, length)) {
          crc.update(part);
        }
      }
    }
    return (int) crc.getValue();
  }
}
