package io.twinlog.replication.net;

import static io.twinlog.replication.net.FrameHeader.MAX_UNSIGNED_INT;

/** What a frame of an established link is, and which lengths it may have. */
enum FrameType {
  /** A client's write with its bytes. */
  WRITE(1, 0, 32 << 20, true),
  /** A client's WRITE_ZEROES. */
  WRITE_ZEROES(2, 0, MAX_UNSIGNED_INT, false),
  /** A client's TRIM. */
  TRIM(3, 0, MAX_UNSIGNED_INT, false),
  /** Content of a range in a resync. */
  BLOCKS(4, 1, 128 << 10, true),
  /** A range of zeros in a resync. */
  ZERO_BLOCKS(5, 1, MAX_UNSIGNED_INT, false),
  /** Asks for a confirmation of everything sent so far. */
  BARRIER(6, 0, 0, false),
  /** Cumulative confirmation. */
  CONFIRM(7, 0, 0, false),
  /** The sender is alive. */
  HEARTBEAT(8, 0, 0, false),
  /** A {@code twinlog.peer.Control} message. */
  CONTROL(9, 1, 64 << 10, true),
  /** What blocks of a resync are: 16 bytes for each, from the offset on. */
  DIGESTS(10, 16, 64 * 16, true);

  private static final FrameType[] TYPES = values();

  final int code;
  final long minLength;
  final long maxLength;

  /** Whether {@code length} bytes follow the header; otherwise it is only the length of a range. */
  final boolean hasPayload;

  FrameType(int code, long minLength, long maxLength, boolean hasPayload) {
    this.code = code;
    this.minLength = minLength;
    this.maxLength = maxLength;
    this.hasPayload = hasPayload;
  }

  /** Null when there is none of this code. */
  static FrameType of(int code) {
    return code >= 1 && code <= TYPES.length ? TYPES[code - 1] : null;
  }

  /** Whether offset and length name a range of the device. */
  boolean hasRange() {
    return switch (this) {
      case WRITE, WRITE_ZEROES, TRIM, BLOCKS, ZERO_BLOCKS, DIGESTS -> true;
      case BARRIER, CONFIRM, HEARTBEAT, CONTROL -> false;
    };
  }

  boolean hasView() {
    return this != HEARTBEAT && this != CONTROL;
  }

  boolean hasNumber() {
    return switch (this) {
      case WRITE, WRITE_ZEROES, TRIM, CONFIRM -> true;
      case BLOCKS, ZERO_BLOCKS, BARRIER, HEARTBEAT, CONTROL, DIGESTS -> false;
    };
  }
}
