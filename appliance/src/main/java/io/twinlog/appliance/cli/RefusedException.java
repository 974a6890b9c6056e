package io.twinlog.appliance.cli;

/** Refused or failed: exit code 1. The message is one line that says why and what to do. */
final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  RefusedException(String message) {
    super(message);
  }
}
