package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;

/**
 * What a secondary does by itself: takes over after a loss when the resource says so, and waits for
 * the primary's answer when its operator asked for a switchover.
 */
final class Failover {
  /** Longer than the primary takes for its answer. */
  private static final long SWITCHOVER_TIMEOUT_NANOS = 45_000_000_000L;

  private static final long REFUSED_WAIT_NANOS = 5_000_000_000L;

  private final Replica replica;
  private long lostNanos;
  private long notBeforeNanos;
  private String lastRefusal = "";
  private Outcome switchover;
  private long switchoverSinceNanos;

  Failover(Replica replica) {
    this.replica = replica;
  }

  void linkLost() {
    lostNanos = replica.now();
  }

  /** An operator asks a node that is not primary for a switchover. */
  void askSwitchover(Outcome outcome) {
    Link link = replica.link();
    if (link == null) {
      String peer = replica.config().nodeNames().get(replica.config().peer());
      outcome.refused(peer + " is not connected: use promote if it is lost");
    } else if (link.peerRole != Role.PRIMARY) {
      outcome.refused("neither node is primary: promote one instead");
    } else if (!replica.isMember()) {
      outcome.refused("this node's copy is not up-to-date yet: wait until status says so");
    } else {
      awaitSwitchover(outcome);
      link.out.control(new PeerControl.SwitchoverRequest());
    }
  }

  private void awaitSwitchover(Outcome outcome) {
    if (switchover != null) {
      outcome.refused("a switchover has been asked for already");
      return;
    }
    switchover = outcome;
    switchoverSinceNanos = replica.now();
  }

  void switchoverRefused(String reason) {
    if (switchover != null) {
      Outcome told = switchover;
      switchover = null;
      told.refused(reason);
    }
  }

  void tick() {
    if (switchover != null) {
      if (replica.isPrimary()) {
        Outcome told = switchover;
        switchover = null;
        told.done("primary in view " + replica.view().number());
      } else if (replica.now() - switchoverSinceNanos > SWITCHOVER_TIMEOUT_NANOS) {
        switchoverRefused("the primary has not answered in time; see status");
      }
    }
    if (isResumeDue() || (replica.config().automaticFailover() && isDue())) {
      takeOver();
    }
  }

  /** RAM has outlived its process, which was primary, and no later view is known. */
  private boolean isResumeDue() {
    return !replica.isPrimary()
        && replica.isIdentified()
        && !replica.isChanging()
        && !replica.isPromoting()
        && replica.now() - notBeforeNanos >= 0
        && replica.view().primary() == replica.config().node()
        && replica.isMember();
  }

  private boolean isDue() {
    if (replica.isPrimary()
        || replica.isChanging()
        || !replica.wantsLink()
        || replica.isPromoting()
        || replica.now() - notBeforeNanos < 0) {
      return false;
    }
    View view = replica.view();
    long alone = replica.now() - lostNanos;
    ReplicaConfig.Timing timing = replica.config().timing();
    if (replica.link() != null) {
      // Both are here and neither is primary. After an orderly stop node 0 begins; else who has the
      // data, or the survivor of a primary that has lost its RAM.
      boolean free = replica.link().verified && replica.link().peerRole == Role.SECONDARY;
      boolean lost =
          view.primary() == replica.config().peer()
              && replica.link().peerIncarnation != view.incarnation(view.primary());
      boolean own = view.primary() == replica.config().node();
      return free && (view.clean() ? replica.config().node() == 0 : lost || own);
    }
    boolean secondaryOfPair = replica.isPair() && replica.isMember();
    return alone > (secondaryOfPair ? timing.takeoverDelay() : timing.loneTakeover()).toNanos();
  }

  private void takeOver() {
    replica.promote(
        false,
        false,
        new Outcome() {
          @Override
          public void done(String detail) {
            lastRefusal = "";
          }

          @Override
          public void refused(String reason) {
            notBeforeNanos = replica.now() + REFUSED_WAIT_NANOS;
            if (!reason.equals(lastRefusal)) {
              lastRefusal = reason;
              replica.event("failover", "", "refused", reason);
            }
          }
        });
  }
}
