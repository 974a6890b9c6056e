package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;

/**
 * How a primary gives its role up in order: to its secondary (switchover), or to nobody (stop).
 * Clients are cut off only when the view has changed.
 *
 * <p>A switchover first lets what is under way on the backing come to its end, while clients go on.
 * Then new requests are held, and nothing goes to the backing any more but what those wait for that
 * had been taken in: writes that are answered from the log.
 */
final class Handover {
  /** A batch or a piece of a checkpoint that was under way has to end; clients go on meanwhile. */
  private static final long REST_TIMEOUT_NANOS = 30_000_000_000L;

  /** Requests are held so long at most. */
  private static final long SWITCHOVER_TIMEOUT_NANOS = 10_000_000_000L;

  /** Everything has to reach its place on the backing. */
  private static final long STOP_TIMEOUT_NANOS = 50_000_000_000L;

  /** What the primary is about to do. */
  enum Goal {
    NONE,
    SWITCHOVER,
    STOP
  }

  private final Replica replica;
  private final Slots slots;
  private final LogWriter log;
  private final Checkpointer checkpointer;
  private final BlockTable table;
  private Goal goal = Goal.NONE;
  private Outcome outcome;
  private long sinceNanos;
  private boolean holding;
  private boolean proposed;

  Handover(
      Replica replica, Slots slots, LogWriter log, Checkpointer checkpointer, BlockTable table) {
    this.replica = replica;
    this.slots = slots;
    this.log = log;
    this.checkpointer = checkpointer;
    this.table = table;
  }

  Goal goal() {
    return goal;
  }

  /** Whether new requests wait for the end of it. */
  boolean holdsRequests() {
    return goal == Goal.STOP || (goal == Goal.SWITCHOVER && holding);
  }

  /**
   * Whether nothing more may be begun on the backing.
   *
   * @param wanted whether somebody waits for the log
   */
  boolean keepsBackingAtRest(boolean wanted) {
    return goal == Goal.SWITCHOVER && !(holding && wanted);
  }

  /** An operator asks for a switchover at a primary. */
  void askSwitchover(Outcome tellOutcome) {
    boolean linked = replica.link() != null;
    if (replica.isPair() && linked) {
      begin(Goal.SWITCHOVER, tellOutcome);
    } else {
      tellOutcome.refused(
          "there is no secondary to hand over to: %s is %s"
              .formatted(
                  replica.config().nodeNames().get(replica.config().peer()),
                  linked ? "not up-to-date yet" : "not connected"));
    }
  }

  void begin(Goal newGoal, Outcome tellOutcome) {
    if (goal != Goal.NONE) {
      tellOutcome.refused("the primary is already giving its role up");
      return;
    }
    goal = newGoal;
    outcome = tellOutcome;
    sinceNanos = replica.now();
    holding = false;
    proposed = false;
    if (goal == Goal.SWITCHOVER) {
      checkpointer.cancel();
    }
    replica.requestEndTurn();
  }

  /** At the end of a turn: proposes the view when everything is as it has to be. */
  void pump() {
    if (goal == Goal.NONE || proposed || replica.isFrozen()) {
      return;
    }
    if (goal == Goal.SWITCHOVER && !holding && isBackingAtRest()) {
      holding = true;
      sinceNanos = replica.now();
      replica.requestEndTurn();
    }
    if (!holdsRequests() || !replica.isQuiet()) {
      return;
    }
    if (goal == Goal.SWITCHOVER) {
      switchOver();
    } else {
      stop();
    }
  }

  private boolean isBackingAtRest() {
    return !log.isBusy() && !checkpointer.isWriting();
  }

  private void switchOver() {
    Link link = replica.link();
    if (!replica.isPair() || link == null) {
      end("the secondary is not connected any more");
    } else if (isBackingAtRest()) {
      proposed = true;
      int peer = replica.config().peer();
      long peerIncarnation = replica.view().incarnation(peer);
      replica
          .views()
          .change(
              ViewChange.Kind.SWITCHOVER,
              change ->
                  change.propose(
                      replica
                          .views()
                          .newView(peer, 3, peerIncarnation, replica.number(), false, false)));
      String to = replica.config().nodeNames().get(peer);
      replica.event("switchover", replica.config().nodeNames().get(1 - peer), to, "proposed");
    }
  }

  private void stop() {
    boolean logged = replica.isLogComplete();
    if (!logged) {
      return;
    }
    boolean inPlace = table.owed.isEmpty() && checkpointer.position() == replica.number();
    if (!checkpointer.isIdle()) {
      return;
    }
    if (!inPlace) {
      checkpointer.start();
      return;
    }
    if (log.isBusy()) {
      return;
    }
    proposed = true;
    View view = replica.view();
    int peer = replica.config().peer();
    replica
        .views()
        .change(
            ViewChange.Kind.STOP,
            change ->
                change.propose(
                    replica
                        .views()
                        .newView(
                            View.NO_NODE,
                            view.members(),
                            view.isMember(peer) ? view.incarnation(peer) : 0,
                            replica.number(),
                            true,
                            true)));
  }

  void tick() {
    if (goal != Goal.NONE && !proposed && replica.now() - sinceNanos > timeoutNanos()) {
      end("the writes under way, or the backing, did not come to rest in time; clients go on");
    }
  }

  private long timeoutNanos() {
    if (goal == Goal.STOP) {
      return STOP_TIMEOUT_NANOS;
    }
    return holding ? SWITCHOVER_TIMEOUT_NANOS : REST_TIMEOUT_NANOS;
  }

  /** A view was learnt. */
  void viewChanged() {
    if (goal == Goal.NONE) {
      return;
    }
    View view = replica.view();
    if (!replica.isPrimary()) {
      boolean reached =
          goal == Goal.STOP ? view.clean() : view.primary() == replica.config().peer();
      Outcome told = outcome;
      goal = Goal.NONE;
      outcome = null;
      if (reached) {
        // A process that starts after a crash is to know it, too.
        slots.whenWritten(view.number(), () -> told.done("view " + view.number()));
      } else {
        told.refused("view " + view.number() + " was chosen instead; see status");
      }
    } else if (proposed) {
      end("the view was changed to " + replica.view().number() + " meanwhile; see status");
    } else if (goal == Goal.SWITCHOVER) {
      end("the secondary is not connected any more");
    }
  }

  private void end(String reason) {
    Outcome told = outcome;
    goal = Goal.NONE;
    outcome = null;
    told.refused(reason);
    replica.requestEndTurn();
  }
}
