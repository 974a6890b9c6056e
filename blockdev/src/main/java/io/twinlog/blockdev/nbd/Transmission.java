package io.twinlog.blockdev.nbd;

/** Numbers of the transmission phase ({@code proto.md}, "Transmission phase"). */
final class Transmission {

  static final int REQUEST_MAGIC = 0x25609513;
  static final int SIMPLE_REPLY_MAGIC = 0x67446698;
  static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;

  /** Magic, flags, type, cookie, offset, length. */
  static final int REQUEST_BYTES = 4 + 2 + 2 + 8 + 8 + 4;

  /** Magic, error, cookie. */
  static final int SIMPLE_REPLY_BYTES = 4 + 4 + 8;

  /** Magic, flags, type, cookie, payload length. */
  static final int CHUNK_HEADER_BYTES = 4 + 2 + 2 + 8 + 4;

  /** The greatest READ or WRITE, which is also the advertised maximum block size, in bytes. */
  static final int MAX_PAYLOAD_BYTES = 32 << 20;

  /** The advertised minimum block size, in bytes. */
  static final int MIN_BLOCK_BYTES = 1;

  /** The advertised preferred block size, and the grain of BLOCK_STATUS, in bytes. */
  static final int PREFERRED_BLOCK_BYTES = 4096;

  // Transmission flags.
  static final int HAS_FLAGS = 1;
  static final int SEND_FLUSH = 1 << 2;
  static final int SEND_FUA = 1 << 3;
  static final int SEND_TRIM = 1 << 5;
  static final int SEND_WRITE_ZEROES = 1 << 6;
  static final int SEND_DF = 1 << 7;
  static final int CAN_MULTI_CONN = 1 << 8;
  static final int SEND_CACHE = 1 << 10;
  static final int SEND_FAST_ZERO = 1 << 11;

  // Commands.
  static final int CMD_READ = 0;
  static final int CMD_WRITE = 1;
  static final int CMD_DISC = 2;
  static final int CMD_FLUSH = 3;
  static final int CMD_TRIM = 4;
  static final int CMD_CACHE = 5;
  static final int CMD_WRITE_ZEROES = 6;
  static final int CMD_BLOCK_STATUS = 7;

  // Command flags.
  static final int FLAG_FUA = 1;
  static final int FLAG_NO_HOLE = 1 << 1;
  static final int FLAG_DF = 1 << 2;
  static final int FLAG_REQ_ONE = 1 << 3;
  static final int FLAG_FAST_ZERO = 1 << 4;

  // Structured replies.
  static final int CHUNK_DONE = 1;
  static final int CHUNK_NONE = 0;
  static final int CHUNK_OFFSET_DATA = 1;
  static final int CHUNK_OFFSET_HOLE = 2;
  static final int CHUNK_BLOCK_STATUS = 5;
  static final int CHUNK_ERROR = 0x8001;

  /** NBD_STATE_HOLE and NBD_STATE_ZERO of {@code base:allocation}. */
  static final int STATE_HOLE_AND_ZERO = 3;

  private Transmission() {}

  /** The transmission flags of an export; SEND_DF must be clear without structured replies. */
  static int flags(boolean structuredReplies) {
    return HAS_FLAGS
        | SEND_FLUSH
        | SEND_FUA
        | SEND_TRIM
        | SEND_WRITE_ZEROES
        | CAN_MULTI_CONN
        | SEND_CACHE
        | SEND_FAST_ZERO
        | (structuredReplies ? SEND_DF : 0);
  }
}
