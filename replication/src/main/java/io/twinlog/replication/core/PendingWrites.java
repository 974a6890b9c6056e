package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.BlockRequest.Command;
import java.nio.ByteBuffer;

/** Lays a primary's pending writes over what its RAM holds: contents as of one of them. */
final class PendingWrites {
  private PendingWrites() {}

  /**
   * Lays what the writes up to a number do to a range over its contents.
   *
   * @param target has the range from {@code start} on, {@code lengthBytes} long; does not move
   */
  static void lay(
      RequestQueue pending,
      long upTo,
      long rangeOffset,
      int lengthBytes,
      ByteBuffer target,
      int start) {
    for (int i = 0; i < pending.size() && pending.tag(i) <= upTo; i++) {
      lay(pending.get(i), rangeOffset, lengthBytes, target, start);
    }
  }

  private static void lay(
      BlockRequest request, long rangeOffset, int lengthBytes, ByteBuffer target, int start) {
    long from = Math.max(request.offsetBytes(), rangeOffset);
    long to = Math.min(request.offsetBytes() + request.lengthBytes(), rangeOffset + lengthBytes);
    if (from >= to) {
      return;
    }
    int length = (int) (to - from);
    ByteBuffer part = target.slice(start + (int) (from - rangeOffset), length);
    if (request.command() == Command.WRITE) {
      ByteBuf payload = request.payload();
      payload.getBytes(payload.readerIndex() + (int) (from - request.offsetBytes()), part);
    } else {
      while (part.hasRemaining()) {
        part.put((byte) 0);
      }
    }
  }
}
