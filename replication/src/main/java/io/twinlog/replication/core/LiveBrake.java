package io.twinlog.replication.core;

/**
 * Keeps a lone primary that streams to a resync target from committing faster than the link takes
 * it away. The log acknowledges there, not the target; without a brake a link that is slower than
 * the log would never be caught up with. What is on its way to the target is kept to what the link
 * takes in {@link #SECONDS}, so clients are slowed to the link's rate and no further, and the stop
 * at the resync's end is about as short.
 */
final class LiveBrake {
  /** On its way at least, whatever the link's rate is thought to be. */
  static final long FLOOR_BYTES = 256 << 10;

  static final double SECONDS = 0.1;

  private static final long SAMPLE_NANOS = 20_000_000;

  private double bytesPerSecond;
  private long sampleBytes;
  private long sampleSinceNanos;
  private boolean wasEmpty;

  void begin(long nowNanos) {
    bytesPerSecond = 0;
    sampleBytes = 0;
    sampleSinceNanos = nowNanos;
    wasEmpty = true;
  }

  /** The target has taken in so much; {@code leftBytes} are still on their way. */
  void confirmed(long bytes, long leftBytes, long nowNanos) {
    sampleBytes += bytes;
    wasEmpty |= leftBytes == 0;
    long nanos = nowNanos - sampleSinceNanos;
    if (nanos < SAMPLE_NANOS) {
      return;
    }
    double sample = sampleBytes * 1e9 / nanos;
    // When nothing was on its way for a while, the link may be faster than that, not slower.
    if (!wasEmpty || sample > bytesPerSecond) {
      bytesPerSecond = bytesPerSecond == 0 ? sample : (3 * bytesPerSecond + sample) / 4;
    }
    sampleBytes = 0;
    sampleSinceNanos = nowNanos;
    wasEmpty = leftBytes == 0;
  }

  /** Whether nothing more is to be committed for now. */
  boolean holds(long unconfirmedBytes) {
    return unconfirmedBytes > Math.max(FLOOR_BYTES, bytesPerSecond * SECONDS);
  }
}
