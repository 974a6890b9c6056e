package io.twinlog.blockdev.nbd;

import io.twinlog.blockdev.BlockRequest.Command;

/** What is wrong with a request, by its header alone: the one place that validates. */
final class RequestRules {

  private final long sizeBytes;
  private final boolean structuredReplies;
  private final boolean blockStatus;

  RequestRules(long sizeBytes, boolean structuredReplies, boolean blockStatus) {
    this.sizeBytes = sizeBytes;
    this.structuredReplies = structuredReplies;
    this.blockStatus = blockStatus;
  }

  /** The error to answer with, or null. FUA is valid with every command. */
  NbdError check(RequestHeader header) {
    return switch (header.type()) {
      case Transmission.CMD_READ -> checkRead(header);
      case Transmission.CMD_WRITE -> checkWrite(header);
      case Transmission.CMD_FLUSH -> checkFlush(header);
      case Transmission.CMD_TRIM, Transmission.CMD_CACHE -> checkRange(header, 0, Command.TRIM);
      case Transmission.CMD_WRITE_ZEROES ->
          checkRange(
              header,
              Transmission.FLAG_NO_HOLE | Transmission.FLAG_FAST_ZERO,
              Command.WRITE_ZEROES);
      case Transmission.CMD_BLOCK_STATUS -> checkBlockStatus(header);
      default -> NbdError.UNKNOWN_COMMAND;
    };
  }

  private NbdError checkRead(RequestHeader header) {
    NbdError error = checkRange(header, structuredReplies ? Transmission.FLAG_DF : 0, Command.READ);
    if (error == null && header.lengthBytes() > Transmission.MAX_PAYLOAD_BYTES) {
      return header.has(Transmission.FLAG_DF) ? NbdError.TOO_LONG_UNFRAGMENTED : NbdError.TOO_LONG;
    }
    return error;
  }

  private NbdError checkWrite(RequestHeader header) {
    NbdError error = checkRange(header, 0, Command.WRITE);
    if (error == null && header.lengthBytes() > Transmission.MAX_PAYLOAD_BYTES) {
      return NbdError.TOO_LONG;
    }
    return error;
  }

  private static NbdError checkFlush(RequestHeader header) {
    if (header.hasOtherThan(Transmission.FLAG_FUA)) {
      return NbdError.BAD_FLAGS;
    }
    return header.offsetBytes() == 0 && header.lengthBytes() == 0
        ? null
        : NbdError.FLUSH_WITH_RANGE;
  }

  private NbdError checkBlockStatus(RequestHeader header) {
    if (!blockStatus) {
      return NbdError.NO_CONTEXT;
    }
    NbdError error = checkRange(header, Transmission.FLAG_REQ_ONE, Command.READ);
    // A reply has at least one descriptor, and no descriptor is empty.
    return error == null && header.lengthBytes() == 0 ? NbdError.EMPTY_RANGE : error;
  }

  private NbdError checkRange(RequestHeader header, int allowedFlags, Command command) {
    if (header.hasOtherThan(allowedFlags | Transmission.FLAG_FUA)) {
      return NbdError.BAD_FLAGS;
    }
    return header.isInside(sizeBytes) ? null : NbdError.outOfRange(command);
  }
}
