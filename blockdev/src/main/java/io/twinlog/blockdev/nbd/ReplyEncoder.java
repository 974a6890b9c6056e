package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.RamDevice;
import java.nio.charset.StandardCharsets;

/** Writes the replies of one connection in the form that was negotiated. */
final class ReplyEncoder {

  /** A read of less is not searched for zeros: it is short on the wire anyway. */
  private static final int HOLE_BYTES = 64 << 10;

  /** How much of a device one BLOCK_STATUS looks at, so that it does not hold up the loop. */
  static final int STATUS_SCAN_BYTES = 8 << 20;

  private static final int STATUS_MAX_RUNS =
      STATUS_SCAN_BYTES / Transmission.PREFERRED_BLOCK_BYTES + 1;

  private final ReplyQueue queue;
  private final boolean structuredReplies;
  private final Extents extents = new Extents();

  ReplyEncoder(ReplyQueue queue, boolean structuredReplies) {
    this.queue = queue;
    this.structuredReplies = structuredReplies;
  }

  /** Success without data; a simple reply is right for every command but READ, always. */
  void acknowledge(long cookie) {
    simpleHeader(queue.room(Transmission.SIMPLE_REPLY_BYTES), cookie, 0);
  }

  void error(long cookie, NbdError error) {
    if (!structuredReplies) {
      simpleHeader(queue.room(Transmission.SIMPLE_REPLY_BYTES), cookie, error.code());
      return;
    }
    byte[] text = error.text().getBytes(StandardCharsets.UTF_8);
    int payloadBytes = 4 + 2 + text.length;
    ByteBuf out = queue.room(Transmission.CHUNK_HEADER_BYTES + payloadBytes);
    chunkHeader(out, cookie, Transmission.CHUNK_ERROR, true, payloadBytes);
    out.writeInt(error.code());
    out.writeShort(text.length);
    out.writeBytes(text);
  }

  /** The success of a READ of no bytes. */
  void emptyRead(long cookie) {
    if (structuredReplies) {
      ByteBuf out = queue.room(Transmission.CHUNK_HEADER_BYTES);
      chunkHeader(out, cookie, Transmission.CHUNK_NONE, true, 0);
    } else {
      acknowledge(cookie);
    }
  }

  /** The success of a READ or BLOCK_STATUS. */
  void answer(NbdRequest request, RamDevice ram) {
    int lengthBytes = (int) request.lengthBytes();
    if (request.isBlockStatus()) {
      blockStatus(request.cookie(), ram, request.offsetBytes(), lengthBytes, request.isFlagged());
    } else {
      read(request.cookie(), ram, request.offsetBytes(), lengthBytes, !request.isFlagged());
    }
  }

  /** {@code fragment} false is the client's DF flag. */
  private void read(
      long cookie, RamDevice ram, long offsetBytes, int lengthBytes, boolean fragment) {
    if (!structuredReplies) {
      ByteBuf out = queue.room(Transmission.SIMPLE_REPLY_BYTES + lengthBytes);
      simpleHeader(out, cookie, 0);
      ram.read(offsetBytes, out, lengthBytes);
    } else if (fragment && lengthBytes >= HOLE_BYTES) {
      readFragments(cookie, ram, offsetBytes, lengthBytes);
    } else {
      dataChunk(cookie, ram, offsetBytes, lengthBytes, true);
    }
  }

  /** At least one run, from the beginning of the range. */
  private void blockStatus(
      long cookie, RamDevice ram, long offsetBytes, int lengthBytes, boolean one) {
    extents.scan(
        ram,
        offsetBytes,
        lengthBytes,
        Transmission.PREFERRED_BLOCK_BYTES,
        one ? 1 : STATUS_MAX_RUNS);
    int payloadBytes = 4 + 8 * extents.count();
    ByteBuf out = queue.room(Transmission.CHUNK_HEADER_BYTES + payloadBytes);
    chunkHeader(out, cookie, Transmission.CHUNK_BLOCK_STATUS, true, payloadBytes);
    out.writeInt(Handshake.BASE_ALLOCATION_ID);
    for (int i = 0; i < extents.count(); i++) {
      out.writeInt(extents.lengthBytes(i));
      out.writeInt(extents.isZero(i) ? Transmission.STATE_HOLE_AND_ZERO : 0);
    }
  }

  private void readFragments(long cookie, RamDevice ram, long offsetBytes, int lengthBytes) {
    extents.scan(ram, offsetBytes, lengthBytes, HOLE_BYTES, Integer.MAX_VALUE);
    long at = offsetBytes;
    for (int i = 0; i < extents.count(); i++) {
      boolean last = i == extents.count() - 1;
      if (extents.isZero(i)) {
        ByteBuf out = queue.room(Transmission.CHUNK_HEADER_BYTES + 12);
        chunkHeader(out, cookie, Transmission.CHUNK_OFFSET_HOLE, last, 12);
        out.writeLong(at);
        out.writeInt(extents.lengthBytes(i));
      } else {
        dataChunk(cookie, ram, at, extents.lengthBytes(i), last);
      }
      at += extents.lengthBytes(i);
    }
  }

  private void dataChunk(long cookie, RamDevice ram, long at, int lengthBytes, boolean last) {
    int payloadBytes = 8 + lengthBytes;
    ByteBuf out = queue.room(Transmission.CHUNK_HEADER_BYTES + payloadBytes);
    chunkHeader(out, cookie, Transmission.CHUNK_OFFSET_DATA, last, payloadBytes);
    out.writeLong(at);
    ram.read(at, out, lengthBytes);
  }

  private static void simpleHeader(ByteBuf out, long cookie, int error) {
    out.writeInt(Transmission.SIMPLE_REPLY_MAGIC);
    out.writeInt(error);
    out.writeLong(cookie);
  }

  private static void chunkHeader(
      ByteBuf out, long cookie, int type, boolean last, int payloadBytes) {
    out.writeInt(Transmission.STRUCTURED_REPLY_MAGIC);
    out.writeShort(last ? Transmission.CHUNK_DONE : 0);
    out.writeShort(type);
    out.writeLong(cookie);
    out.writeInt(payloadBytes);
  }
}
