package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Random;

/** Frames for tests. */
final class Frames {

  static final long DEVICE = 64 << 20;

  private static final Crc CRC = new Crc();

  private Frames() {}

  static ByteBuf bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return Unpooled.wrappedBuffer(bytes);
  }

  /** A WRITE frame; the payload stays the caller's. */
  static ByteBuf write(long number, long offset, ByteBuf payload) {
    int length = payload.readableBytes();
    ByteBuf out = Unpooled.buffer(FrameHeader.BYTES + length);
    int crc = CRC.of(payload, payload.readerIndex(), length);
    FrameHeader.encode(out, CRC, FrameType.WRITE, 1, number, offset, length, crc);
    return out.writeBytes(payload, payload.readerIndex(), length);
  }

  static ByteBuf confirm(long number) {
    ByteBuf out = Unpooled.buffer(FrameHeader.BYTES);
    FrameHeader.encode(out, CRC, FrameType.CONFIRM, 1, number, number, 0, 0);
    return out;
  }
}
