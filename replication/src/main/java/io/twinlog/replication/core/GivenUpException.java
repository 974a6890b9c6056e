package io.twinlog.replication.core;

import java.io.IOException;

/**
 * An operation was not finished by its deadline and has not returned either: it may still be
 * carried out at any time, and until it has returned its buffers belong to the shelf.
 */
final class GivenUpException extends IOException {
  private static final long serialVersionUID = 1L;

  GivenUpException(String message) {
    super(message);
  }
}
