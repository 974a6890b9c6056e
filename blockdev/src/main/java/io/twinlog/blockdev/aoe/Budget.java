package io.twinlog.blockdev.aoe;

/**
 * How often something may happen: so many times in a period on average, and no more than that at
 * once.
 */
final class Budget {

  private final long periodNanos;
  private final long intervalNanos;

  /** When the budget is full again. */
  private long fullAt;

  private boolean begun;

  Budget(int times, long periodNanos) {
    this.periodNanos = periodNanos;
    this.intervalNanos = periodNanos / times;
  }

  /** Whether it may happen now; if so, it is taken to happen. */
  boolean take(long nowNanos) {
    if (!begun || nowNanos - fullAt > 0) {
      begun = true;
      fullAt = nowNanos;
    }
    if (fullAt - nowNanos > periodNanos - intervalNanos) {
      return false;
    }
    fullAt += intervalNanos;
    return true;
  }
}
