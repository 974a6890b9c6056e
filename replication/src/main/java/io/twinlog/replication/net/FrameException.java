package io.twinlog.replication.net;

/** What arrived is no valid frame; the message says what is wrong. The connection is closed. */
final class FrameException extends Exception {
  private static final long serialVersionUID = 1L;

  FrameException(String message) {
    super(message, null, false, false);
  }
}
