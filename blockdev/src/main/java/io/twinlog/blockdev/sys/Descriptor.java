package io.twinlog.blockdev.sys;

import java.io.IOException;

/** An open file descriptor, which nobody gets hold of any more once it is closed. */
final class Descriptor {
  private final int number;
  private final String what;
  private volatile boolean closed;

  /** {@code what} is open, such as "the file". */
  Descriptor(int number, String what) {
    this.number = number;
    this.what = what;
  }

  /**
   * For one system call.
   *
   * @throws IllegalStateException when it is closed
   */
  int get() {
    if (closed) {
      throw new IllegalStateException(what + " is closed");
    }
    return number;
  }

  /** Idempotent. */
  void close() throws IOException {
    if (!closed) {
      closed = true;
      Native.close(number);
    }
  }
}
