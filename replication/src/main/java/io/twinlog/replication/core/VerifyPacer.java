package io.twinlog.replication.core;

/**
 * How fast a verify goes: as fast as answers come while no client wants anything, and a few pieces
 * per tick while one does, so that clients do not feel it.
 */
final class VerifyPacer {
  /** Of at most 128 KiB, so about 25 MiB/s with ticks of 20 ms. */
  static final int BUSY_PIECES_PER_TICK = 4;

  /** Clients that were there so long ago may come back at any moment. */
  private static final long BUSY_NANOS = 200_000_000;

  private final Replica replica;
  private final Primary primary;
  private long tickNanos;
  private long busyUntilNanos;
  private int left;

  VerifyPacer(Replica replica, Primary primary) {
    this.replica = replica;
    this.primary = primary;
    busyUntilNanos = Long.MIN_VALUE;
  }

  /** Takes leave for one piece; without it there is some at the next tick. */
  boolean takePiece() {
    long now = replica.now();
    if (now != tickNanos) {
      tickNanos = now;
      left = BUSY_PIECES_PER_TICK;
    }
    if (!primary.isQuiet()) {
      busyUntilNanos = now + BUSY_NANOS;
    }
    if (busyUntilNanos == Long.MIN_VALUE || now - busyUntilNanos > 0) {
      return true;
    }
    if (left == 0) {
      return false;
    }
    left--;
    return true;
  }
}
