package io.twinlog.blockdev.nbd;

/** Numbers of the handshake phase ({@code proto.md}, "Handshake phase" and "Option types"). */
final class Handshake {

  /** ASCII {@code NBDMAGIC}. */
  static final long INIT_PASSWD = 0x4e42444d41474943L;

  /** ASCII {@code IHAVEOPT}. */
  static final long OPTION_MAGIC = 0x49484156454F5054L;

  static final long REPLY_MAGIC = 0x3e889045565a9L;

  /** Handshake flag and client flag, bit 0. */
  static final int FIXED_NEWSTYLE = 1;

  /** Handshake flag and client flag, bit 1. */
  static final int NO_ZEROES = 1 << 1;

  /** What follows the export's size and flags unless NO_ZEROES was negotiated. */
  static final int EXPORT_NAME_ZEROES = 124;

  static final int OPT_EXPORT_NAME = 1;
  static final int OPT_ABORT = 2;
  static final int OPT_LIST = 3;
  static final int OPT_INFO = 6;
  static final int OPT_GO = 7;
  static final int OPT_STRUCTURED_REPLY = 8;
  static final int OPT_LIST_META_CONTEXT = 9;
  static final int OPT_SET_META_CONTEXT = 10;

  static final int REP_ACK = 1;
  static final int REP_SERVER = 2;
  static final int REP_INFO = 3;
  static final int REP_META_CONTEXT = 4;
  static final int REP_ERR_UNSUP = 0x80000001;
  static final int REP_ERR_POLICY = 0x80000002;
  static final int REP_ERR_INVALID = 0x80000003;
  static final int REP_ERR_UNKNOWN = 0x80000006;
  static final int REP_ERR_TOO_BIG = 0x80000009;

  static final int INFO_EXPORT = 0;
  static final int INFO_NAME = 1;
  static final int INFO_DESCRIPTION = 2;
  static final int INFO_BLOCK_SIZE = 3;

  /** "Conventions": no string is longer, in bytes. */
  static final int MAX_STRING_BYTES = 4096;

  /** The one metadata context the specification defines. */
  static final String BASE_ALLOCATION = "base:allocation";

  /** The number {@link #BASE_ALLOCATION} has in our replies. */
  static final int BASE_ALLOCATION_ID = 1;

  private Handshake() {}
}
