package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;

/**
 * The header of a request ({@code proto.md}, "Request message"), read anew for each:
 *
 * <pre>
 *  0  magic   32 bits, 0x25609513
 *  4  flags   16 bits
 *  6  type    16 bits
 *  8  cookie  64 bits
 * 16  offset  64 bits, unsigned
 * 24  length  32 bits, unsigned
 * </pre>
 */
final class RequestHeader {

  private int flags;
  private int type;
  private long cookie;
  private long offset;
  private long length;

  void read(ByteBuf in) throws ProtocolViolation {
    if (in.readInt() != Transmission.REQUEST_MAGIC) {
      throw new ProtocolViolation("request without the magic number");
    }
    flags = in.readUnsignedShort();
    type = in.readUnsignedShort();
    cookie = in.readLong();
    offset = in.readLong();
    length = in.readUnsignedInt();
  }

  int type() {
    return type;
  }

  long cookie() {
    return cookie;
  }

  /** As on the wire: negative means 2^63 and above, which is past the end of every export. */
  long offsetBytes() {
    return offset;
  }

  /** 0 to 2^32 - 1. */
  long lengthBytes() {
    return length;
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  boolean hasOtherThan(int allowedFlags) {
    return (flags & ~allowedFlags) != 0;
  }

  /** Whether the whole range lies on a device of this size; no sum overflows. */
  boolean isInside(long sizeBytes) {
    return offset >= 0 && offset <= sizeBytes && length <= sizeBytes - offset;
  }
}
