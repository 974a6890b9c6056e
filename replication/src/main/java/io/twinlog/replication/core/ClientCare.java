package io.twinlog.replication.core;

/**
 * How much of a resync clients hardly feel. While they are there, short stretches without a piece
 * take turns with longer ones, and how long requests take is measured in both, one request at a
 * time: the rate grows while they take about as long in either, and shrinks when pieces make them
 * slower. So it does not matter what a resync and clients share: the link, a processor, a memory
 * bus, this loop.
 */
final class ClientCare {
  /** With pieces, a typical request may take so many times as long as without. */
  static final double MOST_SLOWER = 1.15;

  static final long QUIET_NANOS = 20_000_000;
  private static final long LONGEST_QUIET_NANOS = 500_000_000;
  private static final int REQUESTS_IN_QUIET = 16;
  private static final int SENDING_PER_QUIET = 4;

  /** So many delays have to be known of either kind before the rate is changed. */
  private static final int LEAST_QUIET = 40;

  private static final int LEAST_SENDING = 80;

  /** A request that waits so many times as long as is typical is held up by pieces. */
  private static final int STUCK = 16;

  private static final long FIRST_RATE = 32L << 20;
  private static final double GROW_AT_FIRST = 1.6;

  /** As much up as down: what others do to clients' delays is as often in favour as not. */
  private static final double GROW = 1.25;

  private static final double SHRINK = 1 / GROW;
  private static final double MUCH_SLOWER = 2;
  private static final double SHRINK_MUCH = 0.5;

  /** What was not used of the rate is kept for so long. */
  private static final double MOST_SAVED_SECONDS = 0.002;

  private enum Stretch {
    SENDING,
    QUIET
  }

  private final ResyncRates rates;
  private final TypicalDelay quiet = new TypicalDelay();
  private final TypicalDelay sending = new TypicalDelay();

  private Stretch stretch = Stretch.SENDING;
  private long stretchSinceNanos;
  private long quietNanos;
  private boolean found;
  private double bytesPerSecond;
  private double mayBytes;
  private long refilledNanos;
  private long stretchBytes;

  /** The request that is timed is answered when so many were; 0 when none is timed. */
  private long timedRequest;

  private long timedSinceNanos;

  ClientCare(ResyncRates rates) {
    this.rates = rates;
  }

  void begin(long nowNanos) {
    quiet.clear();
    sending.clear();
    stretch = Stretch.SENDING;
    stretchSinceNanos = nowNanos;
    quietNanos = QUIET_NANOS;
    found = false;
    bytesPerSecond = (double) Math.min(FIRST_RATE, rates.maxBytesPerSecond());
    mayBytes = SyncSource.PIECE_BYTES;
    refilledNanos = nowNanos;
    timedRequest = 0;
  }

  /** Nobody was there for a while: what was measured before says nothing of who comes next. */
  void nobodyThere(long nowNanos) {
    if (stretch == Stretch.QUIET || timedRequest != 0) {
      timedRequest = 0;
      stretch = Stretch.SENDING;
    }
    stretchSinceNanos = nowNanos;
  }

  /**
   * At each turn's end while clients are there.
   *
   * @param taken requests taken in since the process started
   * @param answered how many of these are not under way any more
   * @param piecesUnderWay whether the target has not confirmed every piece
   */
  void turn(long taken, long answered, boolean piecesUnderWay, long nowNanos) {
    if (timedRequest != 0 && answered >= timedRequest) {
      (stretch == Stretch.QUIET ? quiet : sending).add(nowNanos - timedSinceNanos);
      timedRequest = 0;
    }
    goOn(nowNanos);
    // What is timed in a quiet stretch must not have met a piece.
    if (timedRequest == 0 && taken > answered && (stretch == Stretch.SENDING || !piecesUnderWay)) {
      timedRequest = taken;
      timedSinceNanos = nowNanos;
    }
  }

  private void goOn(long nowNanos) {
    long nanos = nowNanos - stretchSinceNanos;
    if (stretch == Stretch.SENDING && nanos >= quietNanos * SENDING_PER_QUIET) {
      steer(stretchBytes * 1e9 / nanos, timedRequest == 0 ? 0 : nowNanos - timedSinceNanos);
      begin(Stretch.QUIET, nowNanos);
    } else if (stretch == Stretch.QUIET
        && (nanos >= 2 * quietNanos || (nanos >= quietNanos && timedRequest == 0))) {
      long wanted = (long) (quiet.nanos() * REQUESTS_IN_QUIET);
      quietNanos = Math.min(Math.max(wanted, QUIET_NANOS), LONGEST_QUIET_NANOS);
      begin(Stretch.SENDING, nowNanos);
    }
  }

  private void begin(Stretch next, long nowNanos) {
    stretch = next;
    stretchSinceNanos = nowNanos;
    stretchBytes = 0;
    timedRequest = 0;
    mayBytes = Math.min(mayBytes, 0);
    refilledNanos = nowNanos;
  }

  private void steer(double wentBytesPerSecond, long waitedNanos) {
    boolean known = quiet.count() >= LEAST_QUIET && sending.count() >= LEAST_SENDING;
    // One that is not answered at all says enough.
    boolean stuck = !known && quiet.count() > 0 && waitedNanos > STUCK * quiet.nanos();
    if (!known && !stuck) {
      return;
    }
    double slower = stuck ? STUCK : sending.nanos() / quiet.nanos();
    if (slower > MOST_SLOWER) {
      found = true;
      bytesPerSecond *= slower > MUCH_SLOWER ? SHRINK_MUCH : SHRINK;
    } else if (wentBytesPerSecond > bytesPerSecond / 2) {
      // Otherwise something else holds the resync up.
      bytesPerSecond *= found ? GROW : GROW_AT_FIRST;
    }
    double least = rates.minBytesPerSecond();
    double most = rates.maxBytesPerSecond();
    bytesPerSecond = Math.min(Math.max(bytesPerSecond, least), most);
    quiet.halve();
    sending.halve();
  }

  /** Whether a piece may be sent now. */
  boolean maySend(long nowNanos) {
    if (stretch == Stretch.QUIET) {
      return false;
    }
    double saved = bytesPerSecond * MOST_SAVED_SECONDS;
    double more = (nowNanos - refilledNanos) * bytesPerSecond / 1e9;
    mayBytes = Math.min(mayBytes + more, Math.max(SyncSource.BUSY_PIECE_BYTES * 1.0, saved));
    refilledNanos = nowNanos;
    return mayBytes > 0;
  }

  void sent(int bytes) {
    mayBytes -= bytes;
    stretchBytes += bytes;
  }
}
