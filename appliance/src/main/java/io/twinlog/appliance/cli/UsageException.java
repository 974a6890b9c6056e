package io.twinlog.appliance.cli;

/** The command line makes no sense: exit code 2. The message is one line and says what would. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
