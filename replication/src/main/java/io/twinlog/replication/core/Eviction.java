package io.twinlog.replication.core;

/**
 * A peer that did not confirm in time is not taken in again at once: each eviction doubles the
 * wait, and a while as a member makes it short again (design, section 3, "Timing").
 */
final class Eviction {
  static final long FIRST_WAIT_NANOS = 1_000_000_000L;
  static final long LONGEST_WAIT_NANOS = 60_000_000_000L;

  /** A member for this long counts as well again. */
  static final long FORGIVEN_NANOS = 60_000_000_000L;

  /** Told what happens to the peer, in the words of events. */
  @FunctionalInterface
  interface Listener {
    void event(String from, String to, String detail);
  }

  private final Listener listener;
  private long nowNanos;
  private long waitNanos;
  private long notBeforeNanos;
  private boolean waiting;
  private boolean wasPair;
  private long pairSinceNanos;

  Eviction(Listener listener) {
    this.listener = listener;
  }

  /** The peer did not confirm in time. */
  void evicted(String why) {
    waitNanos = Math.min(Math.max(waitNanos * 2, FIRST_WAIT_NANOS), LONGEST_WAIT_NANOS);
    notBeforeNanos = nowNanos + waitNanos;
    waiting = true;
    long seconds = waitNanos / 1_000_000_000;
    listener.event("", "evicted", "%s; it may come back in %d s".formatted(why, seconds));
  }

  /** Whether the peer may come back. */
  boolean isOver() {
    return !waiting;
  }

  /** How long the peer has to wait before it is taken in again. */
  long waitMillis() {
    return waiting ? Math.max(0, notBeforeNanos - nowNanos) / 1_000_000 : 0;
  }

  /**
   * Time goes on.
   *
   * @param pair whether this node is primary and the peer a member
   */
  void tick(long now, boolean pair) {
    nowNanos = now;
    if (waiting && now - notBeforeNanos >= 0) {
      waiting = false;
      listener.event("evicted", "", "it may come back");
    }
    if (!pair || !wasPair) {
      pairSinceNanos = now;
    } else if (waitNanos > 0 && now - pairSinceNanos > FORGIVEN_NANOS) {
      waitNanos = 0;
      listener.event("", "forgiven", "it has stayed: the next wait is a short one again");
    }
    wasPair = pair;
  }
}
