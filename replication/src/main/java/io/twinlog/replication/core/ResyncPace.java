package io.twinlog.replication.core;

/**
 * How much of a resync may be on its way at a time. While no client asks for anything, a whole
 * window. Else as LEDBAT has it (RFC 6817, section 2.4.2), which is DRBD's planning ahead for a
 * delay: the delay from sending a piece to its confirmation is compared with the least one seen,
 * and what is more is taken for queues, here, on the link or at the target, in which clients'
 * writes wait as well. The window grows while that is less than {@link #TARGET_NANOS} and shrinks
 * when it is more, at last to single pieces with pauses between them. So an idle link is used
 * fully, and a resync adds little to what clients feel. The configured rates bound it on both
 * sides. While clients are there, {@link ClientCare} bounds it, too.
 *
 * <p>Digests cost the link next to nothing, but both processors and the backing some of what the
 * blocks would: of all the bounds, {@link ClientCare}'s alone is theirs.
 */
final class ResyncPace {
  private static final int MIN_WINDOW_BYTES = SyncSource.BUSY_PIECE_BYTES / 64;

  /** What a resync may add to the time that a write waits. */
  static final long TARGET_NANOS = 2_000_000;

  /** The least delay is that of the last one or two of these: paths change. */
  private static final long BASE_PERIOD_NANOS = 10_000_000_000L;

  /** What a digest costs, as a part of its block. */
  private static final int DIGEST_PART = 4;

  /** What was not used of a rate is kept for so long. */
  private static final double MOST_SAVED_SECONDS = 0.05;

  private final ResyncRates rates;
  private final ClientCare care;
  private final long mostBytes;

  private double windowBytes;
  private long delayOfLastNanos;
  private long sentNanos;
  private long baseNanos;
  private long nextBaseNanos;
  private long baseSinceNanos;

  /** May still be sent by the greatest rate, and has to be by the least. */
  private double mayBytes;

  private double mustBytes;
  private long refilledNanos;

  ResyncPace(ResyncRates rates, ResyncSizes sizes) {
    this.rates = rates;
    this.mostBytes = sizes.windowBytes();
    this.care = new ClientCare(rates);
  }

  ClientCare care() {
    return care;
  }

  void begin(long nowNanos) {
    windowBytes = 2.0 * SyncSource.PIECE_BYTES;
    baseNanos = Long.MAX_VALUE;
    nextBaseNanos = Long.MAX_VALUE;
    baseSinceNanos = nowNanos;
    mayBytes = SyncSource.PIECE_BYTES;
    mustBytes = 0;
    refilledNanos = nowNanos;
    care.begin(nowNanos);
  }

  /** A piece was confirmed, so long after it was sent. */
  void confirmed(int bytes, long delayNanos, long nowNanos) {
    if (nowNanos - baseSinceNanos > BASE_PERIOD_NANOS) {
      baseSinceNanos = nowNanos;
      baseNanos = nextBaseNanos;
      nextBaseNanos = Long.MAX_VALUE;
    }
    nextBaseNanos = Math.min(nextBaseNanos, delayNanos);
    baseNanos = Math.min(baseNanos, delayNanos);
    delayOfLastNanos = delayNanos;
    double off = (double) (TARGET_NANOS - (delayNanos - baseNanos)) / TARGET_NANOS;
    double change =
        off < 0
            ? Math.max(-1, off) * windowBytes / 4
            : off
                * Math.min(windowBytes / 2, (double) bytes * SyncSource.PIECE_BYTES / windowBytes);
    windowBytes = Math.min(Math.max(windowBytes + change, MIN_WINDOW_BYTES), (double) mostBytes);
  }

  /** Whether one more piece may be sent. */
  boolean maySend(long unconfirmedBytes, boolean busy, long nowNanos) {
    refill(nowNanos);
    if (mayBytes <= 0 || unconfirmedBytes >= mostBytes) {
      return false;
    }
    return !busy
        || mustBytes >= SyncSource.PIECE_BYTES
        || (care.maySend(nowNanos) && fitsWindow(unconfirmedBytes, nowNanos));
  }

  /** A window of a part of a piece is one piece, and then a pause: so many of its delay. */
  private boolean fitsWindow(long unconfirmedBytes, long nowNanos) {
    if (windowBytes >= SyncSource.BUSY_PIECE_BYTES) {
      return unconfirmedBytes + SyncSource.BUSY_PIECE_BYTES <= windowBytes;
    }
    double pauseNanos = delayOfLastNanos * SyncSource.BUSY_PIECE_BYTES / windowBytes;
    return unconfirmedBytes == 0 && nowNanos - sentNanos >= pauseNanos;
  }

  /** Whether digests may be sent. */
  boolean maySendDigests(boolean busy, long nowNanos) {
    return !busy || care.maySend(nowNanos);
  }

  /** Digests of so many bytes were sent. */
  void sentDigests(int bytes) {
    care.sent(bytes / DIGEST_PART);
  }

  /** The target has found so much in the backing: it counts for the least rate. */
  void found(long bytes) {
    mustBytes = Math.max(mustBytes - bytes, 0);
  }

  private void refill(long nowNanos) {
    double seconds = (nowNanos - refilledNanos) / 1e9;
    refilledNanos = nowNanos;
    double mostMay =
        Math.max(SyncSource.PIECE_BYTES, rates.maxBytesPerSecond() * MOST_SAVED_SECONDS);
    mayBytes = Math.min(mayBytes + seconds * rates.maxBytesPerSecond(), mostMay);
    mustBytes =
        Math.min(mustBytes + seconds * rates.minBytesPerSecond(), 2.0 * SyncSource.PIECE_BYTES);
  }

  void sent(int bytes, long nowNanos) {
    sentNanos = nowNanos;
    mayBytes -= bytes;
    mustBytes = Math.max(mustBytes - bytes, 0);
    care.sent(bytes);
  }
}
