package io.twinlog.replication.net;

import java.util.random.RandomGenerator;

/** Waits that double with each failure, spread by a quarter so that nodes do not keep step. */
final class Backoff {

  private final long firstNanos;
  private final RandomGenerator random;
  private long nextNanos;

  Backoff(long firstNanos, RandomGenerator random) {
    this.firstNanos = firstNanos;
    this.random = random;
    this.nextNanos = firstNanos;
  }

  /** How long to wait after one more failure: at most {@code maxNanos} and a quarter. */
  long failed(long maxNanos) {
    long base = Math.min(nextNanos, maxNanos);
    nextNanos = Math.min(2 * base, maxNanos);
    return base + (long) (base * (random.nextDouble() - 0.5) / 2);
  }

  void succeeded() {
    nextNanos = firstNanos;
  }
}
