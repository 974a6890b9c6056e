package io.twinlog.blockdev.nbd;

/** The client broke a mandatory rule that leaves nothing to do but to close its connection. */
final class ProtocolViolation extends Exception {

  private static final long serialVersionUID = 1L;

  /** {@code reason} never repeats bytes of the client: it goes to the log. */
  ProtocolViolation(String reason) {
    super(reason, null, false, false);
  }
}
