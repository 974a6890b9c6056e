package io.twinlog.blockdev.nbd;

import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;

/**
 * Every error a command can be answered with: the number on the wire ({@code proto.md}, "Error
 * values") and the text that goes with it where replies are structured.
 */
enum NbdError {
  BAD_FLAGS(Errno.EINVAL, "a flag that this command does not have"),
  UNKNOWN_COMMAND(Errno.EINVAL, "unknown command"),
  NO_CONTEXT(Errno.EINVAL, "BLOCK_STATUS without a negotiated metadata context"),
  TOO_LONG(Errno.EINVAL, "longer than the maximum block size of 32 MiB"),
  TOO_LONG_UNFRAGMENTED(Errno.EOVERFLOW, "too long to be read unfragmented"),
  EMPTY_RANGE(Errno.EINVAL, "an empty range has no status"),
  FLUSH_WITH_RANGE(Errno.EINVAL, "offset and length of a flush must be zero"),
  OUT_OF_RANGE(Errno.EINVAL, "the range is not inside the export"),
  NO_SPACE(Errno.ENOSPC, "write past the end of the export"),
  INVALID(Errno.EINVAL, "the device refused the request as invalid"),
  IO(Errno.EIO, "the device cannot give or keep the data"),
  SHUTDOWN(Errno.ESHUTDOWN, "the server is shutting down");

  private final int code;
  private final String text;

  NbdError(int code, String text) {
    this.code = code;
    this.text = text;
  }

  int code() {
    return code;
  }

  String text() {
    return text;
  }

  /** The answer to a request that the device refused. */
  static NbdError of(BlockError error, BlockRequest.Command command) {
    return switch (error) {
      case OUT_OF_RANGE -> outOfRange(command);
      case INVALID -> INVALID;
      case IO -> IO;
      case SHUTDOWN -> SHUTDOWN;
    };
  }

  /** What a range past the end means: lack of space for what stores, a mistake otherwise. */
  static NbdError outOfRange(BlockRequest.Command command) {
    return switch (command) {
      case WRITE, WRITE_ZEROES -> NO_SPACE;
      case READ, TRIM, FLUSH -> OUT_OF_RANGE;
    };
  }

  /** The numbers, which are Linux's. */
  private static final class Errno {
    static final int EIO = 5;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int EOVERFLOW = 75;
    static final int ESHUTDOWN = 108;

    private Errno() {}
  }
}
