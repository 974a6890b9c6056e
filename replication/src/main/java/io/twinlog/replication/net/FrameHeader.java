package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;

/**
 * The header of each frame of an established link, protocol version 1 (design, section 5). All
 * fields are big-endian and unsigned, those of 8 bytes below 2^63:
 *
 * <pre>
 *  byte  size  field
 *     0     2  magic 0x546C ("Tl")
 *     2     1  type, {@link FrameType#code}
 *     3     1  flags: none known, 0
 *     4     4  length: bytes of the payload that follows, or of the range (WRITE_ZEROES, TRIM,
 *              ZERO_BLOCKS, which have no payload); 0 for BARRIER, CONFIRM, HEARTBEAT
 *     8     8  view; 0 for HEARTBEAT and CONTROL
 *    16     8  number: of the write; CONFIRM: last contiguous one applied; otherwise 0
 *    24     8  offset of the range in the device, bytes; CONFIRM: counted frames taken in;
 *              otherwise 0
 *    32     4  CRC32C of the payload; 0 when there is none
 *    36     4  CRC32C of bytes 0 to 35
 * </pre>
 *
 * <p>A decoder reuses one instance: a receiver keeps no reference.
 */
final class FrameHeader {

  static final int BYTES = 40;

  static final long MAX_UNSIGNED_INT = 0xffff_ffffL;

  private static final int MAGIC = 0x546c;
  private static final int CRC_AT = 36;

  private FrameType type;
  private long length;
  private long view;
  private long number;
  private long offset;
  private int payloadCrc;

  FrameType type() {
    return type;
  }

  long length() {
    return length;
  }

  long view() {
    return view;
  }

  long number() {
    return number;
  }

  long offset() {
    return offset;
  }

  int payloadCrc() {
    return payloadCrc;
  }

  /** How many bytes follow the header: at most 32 MiB. */
  int payloadBytes() {
    return type.hasPayload ? (int) length : 0;
  }

  /**
   * Appends a header.
   *
   * @throws IllegalArgumentException when the length is not allowed for the type: a bug of the
   *     caller
   */
  static void encode(
      ByteBuf out,
      Crc crc,
      FrameType type,
      long view,
      long number,
      long offset,
      long length,
      int payloadCrc) {
    if (length < type.minLength || length > type.maxLength) {
      throw new IllegalArgumentException(type + " of " + length + " bytes");
    }
    int start = out.writerIndex();
    out.writeShort(MAGIC);
    out.writeByte(type.code);
    out.writeByte(0);
    out.writeInt((int) length);
    out.writeLong(view);
    out.writeLong(number);
    out.writeLong(offset);
    out.writeInt(payloadCrc);
    out.writeInt(crc.of(out, start, CRC_AT));
  }

  /** Reads and checks a header; moves the reader index by {@link #BYTES}. */
  void decode(ByteBuf in, Crc crc, long deviceBytes) throws FrameException {
    int start = in.readerIndex();
    int magic = in.readUnsignedShort();
    if (magic != MAGIC) {
      throw new FrameException(String.format("frame magic is 0x%04x", magic));
    }
    if (in.getInt(start + CRC_AT) != crc.of(in, start, CRC_AT)) {
      throw new FrameException("checksum of a frame header is wrong");
    }
    int code = in.readUnsignedByte();
    type = FrameType.of(code);
    if (type == null) {
      throw new FrameException("unknown frame type " + code);
    }
    int flags = in.readUnsignedByte();
    length = in.readUnsignedInt();
    view = in.readLong();
    number = in.readLong();
    offset = in.readLong();
    payloadCrc = in.readInt();
    in.skipBytes(Integer.BYTES);
    check(flags, deviceBytes);
  }

  private void check(int flags, long deviceBytes) throws FrameException {
    require(flags == 0, "unknown flags", flags);
    require(length >= type.minLength && length <= type.maxLength, "length", length);
    require(type.hasView() ? view >= 0 : view == 0, "view", view);
    require(type.hasNumber() ? number >= 0 : number == 0, "number", number);
    if (type.hasRange()) {
      require(offset >= 0 && offset <= deviceBytes, "offset", offset);
      require(length <= deviceBytes - offset, "end", offset + length);
    } else {
      require(type == FrameType.CONFIRM ? offset >= 0 : offset == 0, "offset", offset);
    }
    require(type.hasPayload || payloadCrc == 0, "payload checksum", payloadCrc);
  }

  private void require(boolean condition, String what, long value) throws FrameException {
    if (!condition) {
      throw new FrameException(type + " frame with " + what + " " + value);
    }
  }
}
