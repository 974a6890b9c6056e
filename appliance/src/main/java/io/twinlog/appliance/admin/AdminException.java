package io.twinlog.appliance.admin;

import java.io.IOException;

/**
 * A node cannot be asked, or its answer cannot be used; the message is one line for an operator.
 */
public final class AdminException extends IOException {
  private static final long serialVersionUID = 1L;

  public AdminException(String message) {
    super(message);
  }

  public AdminException(String message, Throwable cause) {
    super(message, cause);
  }
}
