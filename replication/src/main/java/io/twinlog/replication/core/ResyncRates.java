package io.twinlog.replication.core;

/**
 * How fast a resync may go (configuration: {@code resync}).
 *
 * @param minBytesPerSecond as much goes out however busy the primary and the link are; positive
 * @param maxBytesPerSecond never more than this goes out; at least the minimum
 */
public record ResyncRates(long minBytesPerSecond, long maxBytesPerSecond) {

  /** So that a resync ends at last, and one that takes what the link gives. */
  public static ResyncRates defaults() {
    return new ResyncRates(4L << 20, 16L << 30);
  }

  public ResyncRates {
    if (minBytesPerSecond <= 0 || maxBytesPerSecond < minBytesPerSecond) {
      throw new IllegalArgumentException(
          "resync rates from " + minBytesPerSecond + " to " + maxBytesPerSecond);
    }
  }
}
