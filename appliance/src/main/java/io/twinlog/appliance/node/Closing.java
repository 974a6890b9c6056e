package io.twinlog.appliance.node;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Closes things in the reverse order of their opening; later failures are suppressed in the first.
 */
final class Closing implements Closeable {

  private final Deque<Closeable> open = new ArrayDeque<>();

  /** To be called on {@link #close}. */
  void add(Closeable thing) {
    open.push(thing);
  }

  /** Idempotent. */
  @Override
  public void close() throws IOException {
    Exception first = null;
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (IOException | RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first instanceof IOException failure) {
      throw failure;
    } else if (first instanceof RuntimeException failure) {
      throw failure;
    }
  }
}
