package io.twinlog.replication.core;

/**
 * A peer that did not confirm in time is not taken in again at once: each eviction doubles the
 * wait, and a while as a member makes it short again (design, section 3, "Timing").
 */
final class Eviction {
  private static final long FIRST_WAIT_NANOS = 1_000_000_000L;
  private static final long LONGEST_WAIT_NANOS = 60_000_000_000L;

  /** A member for this long counts as well again. */
  static final long FORGIVEN_NANOS = 60_000_000_000L;

  private final Replica replica;
  private long waitNanos;
  private long notBeforeNanos;
  private boolean waiting;
  private boolean wasPair;
  private long pairSinceNanos;

  Eviction(Replica replica) {
    this.replica = replica;
  }

  /** The peer did not confirm in time. */
  void evicted(String why) {
    waitNanos = Math.min(Math.max(waitNanos * 2, FIRST_WAIT_NANOS), LONGEST_WAIT_NANOS);
    notBeforeNanos = replica.now() + waitNanos;
    waiting = true;
    String peer = replica.config().nodeNames().get(replica.config().peer());
    replica.event(
        "peer",
        "",
        "evicted",
        "%s: %s; it may come back in %d s".formatted(peer, why, waitNanos / 1_000_000_000));
  }

  boolean isOver() {
    return !waiting;
  }

  /** How long the peer has to wait before it is taken in again. */
  long waitMillis() {
    return waiting ? Math.max(0, notBeforeNanos - replica.now()) / 1_000_000 : 0;
  }

  void tick() {
    long now = replica.now();
    if (waiting && now - notBeforeNanos >= 0) {
      waiting = false;
      replica.event("peer", "evicted", "", "it may come back");
      replica.requestEndTurn();
    }
    boolean pair = replica.isPrimary() && replica.isPair();
    if (!pair || !wasPair) {
      pairSinceNanos = now;
    } else if (waitNanos > 0 && now - pairSinceNanos > FORGIVEN_NANOS) {
      waitNanos = 0;
      replica.event("peer", "", "forgiven", "it has stayed: the next wait is a short one again");
    }
    wasPair = pair;
  }
}
