package io.twinlog.blockdev.nbd;

import java.time.Duration;

/**
 * What one server lets its clients use.
 *
 * @param maxConnections connections at a time; a further one is closed at once
 * @param requestsPerConnection requests under way for one connection
 * @param bytesPerConnection payload and reply bytes under way for one connection, at least 32 MiB
 * @param negotiationTimeout how long a client may take from one option to the next
 * @param stallTimeout how long a client that neither sends the rest of a payload nor reads its
 *     replies may keep bytes of an {@link InflightBudget} that others wait for
 */
public record NbdLimits(
    int maxConnections,
    int requestsPerConnection,
    long bytesPerConnection,
    Duration negotiationTimeout,
    Duration stallTimeout) {

  /** 256 connections, 128 requests and 64 MiB for each, 10 s. */
  public static final NbdLimits DEFAULT =
      new NbdLimits(256, 128, 64L << 20, Duration.ofSeconds(10), Duration.ofSeconds(10));

  public NbdLimits {
    if (maxConnections < 1 || requestsPerConnection < 1) {
      throw new IllegalArgumentException("at least one connection and one request are needed");
    }
    if (bytesPerConnection < Transmission.MAX_PAYLOAD_BYTES) {
      throw new IllegalArgumentException(
          "bytesPerConnection " + bytesPerConnection + " is below the 32 MiB of one request");
    }
    if (!isPositive(negotiationTimeout) || !isPositive(stallTimeout)) {
      throw new IllegalArgumentException("time-outs must be positive");
    }
  }

  private static boolean isPositive(Duration duration) {
    return !duration.isNegative() && !duration.isZero();
  }
}
