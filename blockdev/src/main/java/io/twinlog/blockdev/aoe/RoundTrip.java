package io.twinlog.blockdev.aoe;

/**
 * How long an answer takes, and after which time a frame is sent again: Jacobson's estimate, as in
 * RFC 6298, doubled with each time in a row that nothing came.
 */
final class RoundTrip {

  private static final long FIRST_NANOS = 250_000_000L;

  /** A target that waits for its disk answers in bursts; less than this is mostly wrong. */
  static final long SHORTEST_NANOS = 50_000_000L;

  static final long LONGEST_NANOS = 2_000_000_000L;

  private long smoothed;
  private long deviation;
  private int doublings;

  /** An answer came after this time; a frame's copies have tags of their own, so it is certain. */
  void sample(long nanos) {
    if (smoothed == 0) {
      smoothed = Math.max(1, nanos);
      deviation = nanos / 2;
    } else {
      deviation += (Math.abs(nanos - smoothed) - deviation) / 4;
      smoothed += (nanos - smoothed) / 8;
    }
    doublings = 0;
  }

  /** Nothing came in time. */
  void timedOut() {
    doublings = Math.min(doublings + 1, 6);
  }

  /** How long to wait before a frame is sent again. */
  long timeoutNanos() {
    long base = smoothed == 0 ? FIRST_NANOS : smoothed + 4 * deviation;
    base = Math.max(base, SHORTEST_NANOS);
    return Math.min(base << doublings, LONGEST_NANOS);
  }
}
