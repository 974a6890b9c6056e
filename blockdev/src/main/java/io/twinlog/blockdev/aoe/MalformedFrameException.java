package io.twinlog.blockdev.aoe;

/** A frame that is not AoE; it is ignored. Without a stack trace: anybody can send many. */
final class MalformedFrameException extends Exception {
  private static final long serialVersionUID = 1L;

  private MalformedFrameException(String message) {
    super(message, null, false, false);
  }

  static MalformedFrameException of(String message) {
    return new MalformedFrameException(message);
  }
}
