package io.twinlog.replication.core;

import java.io.IOException;

/**
 * Whether the backing works, for status and events. Each node moves its slot's counter now and then
 * and reads the slots after it, so that a backing that fails, or is not the one it was, is noticed
 * when nothing else is written; and when that has worked and nothing has failed for a while, so
 * that what is being tried again has had its turn, an error is over.
 */
final class BackingHealth {
  /** Longer than anything that failed waits before it is tried again. */
  private static final long QUIET_NANOS = 1_000_000_000L;

  private final Replica replica;
  private String error = "";
  private long failedNanos;

  BackingHealth(Replica replica) {
    this.replica = replica;
  }

  /** The last error, or empty. */
  String error() {
    return error;
  }

  void failed(IOException failure) {
    failedNanos = replica.now();
    String text = String.valueOf(failure.getMessage());
    if (!text.equals(error)) {
      replica.event("backing", error.isEmpty() ? "ok" : "failed", "failed", text);
      error = text;
    }
  }

  /** The own slot's counter was written, or not. */
  void counterMoved(IOException failure) {
    if (failure != null) {
      failed(failure);
      return;
    }
    replica.readSlots(
        readError -> {
          if (readError != null) {
            failed(readError);
          } else if (!error.isEmpty() && replica.now() - failedNanos > QUIET_NANOS) {
            error = "";
            replica.event("backing", "failed", "ok", "");
          }
        });
  }
}
