package io.twinlog.replication.core;

import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import java.io.IOException;

/**
 * One attempt to have the next view chosen: Disk Paxos (Gafni, Lamport) with one register per node.
 *
 * <p>Phase 1 writes the mark and a ballot into the own slot and then reads the peer's; only then
 * the decision reads what it depends on. Phase 2 writes the value and reads again; when the peer
 * has promised nothing higher, the value is chosen. A value that either slot has accepted before
 * goes ahead of the own proposal. The attempt ends when the view number is decided, by whichever
 * node, or when the decision refuses.
 */
final class ViewChange {

  /** Why the view is changed, and to what. */
  enum Kind {
    /** The primary goes on without its peer, or has its lone view chosen anew. */
    GO_ALONE,
    /** A node that is not primary becomes it. */
    PROMOTE,
    /** The lone primary takes its refilled peer in. */
    REJOIN,
    /** The primary hands over to its secondary. */
    SWITCHOVER,
    /** The primary ends its role in order. */
    STOP
  }

  /** Finds the view to propose; asked once per ballot, after the mark was written and read back. */
  @FunctionalInterface
  interface Decision {
    /** Calls {@link #propose}, {@link #refuse} or {@link #retry} on the change, now or later. */
    void decide(ViewChange change);
  }

  private static final long RETRY_NANOS = 100_000_000;
  private static final long CONTENTION_NANOS = 20_000_000;

  private final Replica replica;
  private final Slots slots;
  private final Kind kind;
  private final Decision decision;
  private final long number;
  private long ballot;
  private int contentions;

  /** A value was, or is being, accepted: whoever completes a later ballot may have it chosen. */
  private boolean proposed;

  private boolean over;

  ViewChange(Replica replica, Slots slots, Kind kind, Decision decision) {
    this.replica = replica;
    this.slots = slots;
    this.kind = kind;
    this.decision = decision;
    this.number = replica.view().number() + 1;
    this.ballot = slots.own().promised();
  }

  Kind kind() {
    return kind;
  }

  /** The view number that is to be decided. */
  long number() {
    return number;
  }

  boolean isProposed() {
    return proposed;
  }

  boolean isOver() {
    return over;
  }

  /** Nothing the attempt still has under way matters from now on. */
  void end() {
    over = true;
  }

  /** Phase 1. */
  void start() {
    ballot = nextBallot(ballot);
    long mine = ballot;
    slots.update(own -> own.promise(mine), error -> afterWrite(error, this::promised));
  }

  private long nextBallot(long above) {
    // Odd ballots are node 1's, even ones node 0's; 0 is none.
    long next = above + 1;
    return next % 2 == replica.config().node() ? next : next + 1;
  }

  private void afterWrite(IOException error, java.util.function.Consumer<SlotRecord> then) {
    if (over) {
      return;
    }
    if (error != null) {
      failed(error);
      return;
    }
    slots.read(
        (readError, reading) -> {
          if (over) {
            return;
          }
          if (readError != null) {
            failed(readError);
            return;
          }
          if (replica.views().learn(reading)) {
            return;
          }
          SlotRecord peer = reading.peer();
          boolean sameBallot = peer != null && peer.chosen().number() == number - 1;
          then.accept(sameBallot ? peer : null);
        });
  }

  /** The peer's slot as read after the own promise; null when it has no part in this ballot. */
  private void promised(SlotRecord peer) {
    if (outbid(peer)) {
      return;
    }
    SlotRecord own = slots.own();
    View value = own.input();
    if (peer != null && peer.accepted() > own.accepted()) {
      value = peer.input();
    }
    if (value != null) {
      accept(value);
    } else {
      decision.decide(this);
    }
  }

  /** Proposes a view; its number is this change's. */
  void propose(View view) {
    if (!over) {
      accept(view);
    }
  }

  /** Gives the attempt up; the mark stays, so this node serves nothing until it learns a view. */
  void refuse(String reason) {
    if (!over) {
      over = true;
      replica.views().changeRefused(this, reason);
    }
  }

  /** Begins again after a while, for instance because the backing could not be read. */
  void retry() {
    if (!over) {
      replica.after(RETRY_NANOS, this::startAgain);
    }
  }

  private void startAgain() {
    if (!over) {
      start();
    }
  }

  /** Phase 2. */
  private void accept(View value) {
    proposed = true;
    long mine = ballot;
    slots.update(
        own -> own.accept(mine, value), error -> afterWrite(error, peer -> chosen(peer, value)));
  }

  private void chosen(SlotRecord peer, View value) {
    if (outbid(peer)) {
      return;
    }
    over = true;
    replica.views().adopt(value);
  }

  /** When the peer has promised a higher ballot: waits, longer each time, and tries above it. */
  private boolean outbid(SlotRecord peer) {
    if (peer == null || peer.promised() <= ballot) {
      return false;
    }
    ballot = peer.promised();
    contentions++;
    long wait = CONTENTION_NANOS * Math.min(contentions, 20) * (1 + 2L * replica.config().node());
    replica.after(wait, this::startAgain);
    return true;
  }

  private void failed(IOException error) {
    replica.backingFailed(error);
    retry();
  }
}
