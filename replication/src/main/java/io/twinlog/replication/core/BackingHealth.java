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

  /** A single shelf that is silent for longer is said not to answer. */
  private static final long SILENCE_NANOS = 3_000_000_000L;

  private final Replica replica;
  private final Shelves shelves;
  private String error = "";
  private long failedNanos;
  private boolean silent;

  BackingHealth(Replica replica, Shelves shelves) {
    this.replica = replica;
    this.shelves = shelves;
  }

  /** The last error, or empty. */
  String error() {
    return silent ? silence() : error;
  }

  private String silence() {
    return "the backing has not answered for %d s; what waits for it goes on by itself when it does"
        .formatted(shelves.silentNanos() / 1_000_000_000);
  }

  /** Sees whether a single shelf, which has no deadline, gets on with what it was asked for. */
  void tick() {
    boolean isSilent = shelves.silentNanos() >= SILENCE_NANOS;
    if (isSilent != silent) {
      silent = isSilent;
      if (silent) {
        replica.event("backing", error.isEmpty() ? "ok" : "failed", "failed", silence());
      } else {
        replica.event("backing", "failed", error.isEmpty() ? "ok" : "failed", error);
      }
    }
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
