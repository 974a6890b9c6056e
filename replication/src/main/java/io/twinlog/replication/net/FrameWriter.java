package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;

/**
 * Writes frames without copying payloads: a header is a slice of a buffer that holds many, the
 * payload follows as it is, and the socket gathers both. Nothing is flushed here.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write is reported to exceptionCaught
final class FrameWriter {

  private static final int HEADERS_PER_BUFFER = 256;

  private final ChannelHandlerContext context;
  private final Crc crc = new Crc();
  private ByteBuf headers;

  FrameWriter(ChannelHandlerContext context) {
    this.context = context;
  }

  /** A frame without payload; {@code length} is that of its range. */
  void write(FrameType type, long view, long number, long offset, long length) {
    context.write(header(type, view, number, offset, length, 0), context.voidPromise());
  }

  /**
   * A frame with a payload.
   *
   * @param payload its readable bytes; ownership passes
   */
  void write(FrameType type, long view, long number, long offset, ByteBuf payload) {
    int length = payload.readableBytes();
    ByteBuf header;
    try {
      int payloadCrc = crc.of(payload, payload.readerIndex(), length);
      header = header(type, view, number, offset, length, payloadCrc);
    } catch (RuntimeException e) {
      payload.release();
      throw e;
    }
    context.write(header, context.voidPromise());
    context.write(payload, context.voidPromise());
  }

  void close() {
    if (headers != null) {
      headers.release();
      headers = null;
    }
  }

  private ByteBuf header(
      FrameType type, long view, long number, long offset, long length, int payloadCrc) {
    if (headers == null || headers.writableBytes() < FrameHeader.BYTES) {
      close();
      int bytes = HEADERS_PER_BUFFER * FrameHeader.BYTES;
      headers = context.alloc().directBuffer(bytes, bytes);
    }
    int start = headers.writerIndex();
    FrameHeader.encode(headers, crc, type, view, number, offset, length, payloadCrc);
    return headers.retainedSlice(start, FrameHeader.BYTES);
  }
}
