package io.twinlog.replication.core;

import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Completion;
import io.twinlog.blockdev.shelf.ReservableShelf.Holders;
import io.twinlog.blockdev.shelf.ShelfReservedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Fencing by the shelf: a primary that has taken over reserves every shelf for itself, so that what
 * its predecessor still has under way is refused (design, section 4, "Late in-place writes").
 *
 * <p><b>The rule.</b> On each shelf a process changes the reservation only when none of its writes,
 * slots aside, is under way there, begins none before the change is over, and after it only when
 * the slots, read anew, show no later view. The same reading precedes the first write of a primacy.
 * A change may be forced by anybody at any time, so nobody is ever locked out for good: who finds
 * itself refused puts itself on the list as soon as the rule lets it, be its peer dead or alive.
 *
 * <p><b>What follows.</b> Let a taker have marked view v, and then have reserved a shelf for itself
 * alone, and read that back. A write of its peer that belongs to an earlier view and lands after
 * that needs a change by the peer's node that landed in between. But all that was begun before that
 * change had ended when it was made, and whatever begins after it begins after a reading of the
 * slots that shows v. So:
 *
 * <ul>
 *   <li>On a shelf that keeps its reservation nothing of the peer's earlier primacies lands any
 *       more. Where it may be forgotten, a write of a paused process may land after that and before
 *       it is noticed: there the reservation is asserted again, limits the harm, and proves
 *       nothing.
 *   <li>When the peer is seen on a list that was this node's alone, whatever it had under way there
 *       is over, wherever the list is kept; and so it need not be kept out any more.
 * </ul>
 *
 * <p>The predecessor counts as gone when that holds for every shelf that is written to. A shelf
 * that comes back later is fenced before it is filled.
 */
final class Fence {
  private static final long LOOK_NANOS = 1_000_000_000L;
  private static final long RETRY_NANOS = 100_000_000L;

  /** What is known of the reservation of one shelf. */
  private static final class Guard {
    final int shelf;
    final Gate gate = new Gate();

    /** A change that waits for the writes under way, or null. */
    Command wanted;

    /** A command is under way. */
    boolean asking;

    /** It changes the list. */
    boolean changing;

    /** The slots are to be read before anything is written. */
    boolean unproven;

    /** This node's reads and writes are refused. */
    boolean lockedOut;

    /** Seen to be this node's alone, in this primacy. */
    boolean exclusive;

    /** Nothing that the peer wrote in an earlier primacy can land any more. */
    boolean gone;

    /** This node was on the list when it was last read: it is a list of this resource's. */
    boolean listed;

    long notBeforeNanos;

    Guard(int shelf) {
      this.shelf = shelf;
    }
  }

  private final Replica replica;
  private final Shelves shelves;
  private final Fencing fencing;
  private final Guard[] guards;

  /** Grows with every primacy's beginning and end. */
  private long round;

  /** The present primacy began by replacing somebody who may have writes under way. */
  private boolean replaced;

  private long primarySinceNanos;
  private long lookedNanos;
  private boolean peerGone;
  private boolean proving;

  Fence(Replica replica, Shelves shelves) {
    this.replica = replica;
    this.shelves = shelves;
    this.fencing = replica.config().fencing();
    this.guards = new Guard[replica.config().stagger().shelves()];
    for (int shelf = 0; shelf < guards.length; shelf++) {
      guards[shelf] = new Guard(shelf);
    }
  }

  boolean isOn() {
    return fencing.reserve();
  }

  /** A process that finds itself locked out lets its predecessor's last writes end. */
  void started() {
    if (!isOn()) {
      return;
    }
    long watchNanos = 2 * replica.config().timing().counterInterval().toNanos();
    for (Guard guard : guards) {
      guard.notBeforeNanos = replica.now() + watchNanos + Replica.RETRY_NANOS;
    }
  }

  // ---- Writes ----

  /** Carries out a chain on the only shelf. */
  void submit(IoChain chain) {
    if (!isOn()) {
      shelves.submitToOnly(chain);
      return;
    }
    boolean writes =
        chain.lane() != IoChain.Lane.SLOT
            && chain.steps().stream().anyMatch(step -> step instanceof IoChain.Write);
    IoChain watched =
        new IoChain(
            chain.name(),
            chain.lane(),
            error -> {
              noteRefusal(0, error);
              if (writes) {
                ended(0);
              }
              chain.complete(error);
            });
    watched.steps().addAll(chain.steps());
    if (writes) {
      begin(
          0,
          refusal -> {
            if (refusal == null) {
              shelves.submitToOnly(watched);
            } else {
              chain.complete(refusal);
            }
          });
    } else {
      shelves.submitToOnly(watched);
    }
  }

  /**
   * Begins a write of anything but slots, which {@link #ended} follows, as soon as may be.
   *
   * @param write given null, or why it cannot be
   */
  void begin(int shelf, Consumer<IOException> write) {
    guards[shelf].gate.pass(write);
  }

  /** A medium that nobody counts on is being labelled: it waits for nothing. */
  void began(int shelf) {
    guards[shelf].gate.began();
  }

  void ended(int shelf) {
    Guard guard = guards[shelf];
    guard.gate.ended();
    change(guard);
  }

  /**
   * Whether the error says that the shelf is reserved for others; then this node lets itself in.
   */
  boolean noteRefusal(int shelf, IOException error) {
    if (!isOn() || !(error instanceof ShelfReservedException)) {
      return false;
    }
    noteLockedOut(guards[shelf]);
    return true;
  }

  private void noteLockedOut(Guard guard) {
    if (!guard.lockedOut) {
      guard.lockedOut = true;
      event("let in", "locked out", guard, "");
    }
    join(guard);
  }

  private void join(Guard guard) {
    if (guard.wanted != Command.JOIN && !guard.changing) {
      want(guard, Command.JOIN);
    }
  }

  // ---- Changes ----

  private void want(Guard guard, Command command) {
    guard.wanted = command;
    shut(guard);
    change(guard);
  }

  private static void shut(Guard guard) {
    guard.unproven = true;
    guard.gate.shut();
  }

  /** Begins the change that is wanted, when it may be. */
  private void change(Guard guard) {
    boolean drained =
        guard.gate.isIdle()
            || (guard.wanted == Command.JOIN
                && !replica.rules().contains(Rule.READMIT_WHEN_DRAINED));
    if (guard.wanted == null
        || guard.asking
        || !drained
        || replica.now() - guard.notBeforeNanos < 0) {
      return;
    }
    Command command = guard.wanted;
    if (command == Command.JOIN) {
      // What else is on the list then may be what this node's own address was before.
      guard.exclusive = false;
    }
    guard.wanted = null;
    guard.changing = true;
    ask(
        guard,
        command,
        (error, holders) -> {
          if (error != null) {
            guard.notBeforeNanos = replica.now() + RETRY_NANOS;
            refuse(guard, error);
          } else if (command == Command.LIFT) {
            event("set", "lifted", guard, "");
          }
        });
  }

  private void refuse(Guard guard, IOException why) {
    guard.gate.giveUp().forEach(write -> shelves.failSoon(why, write));
  }

  private void ask(Guard guard, Command command, Completion then) {
    guard.asking = true;
    long mine = round;
    shelves.reserve(
        guard.shelf,
        command,
        (error, holders) -> {
          guard.asking = false;
          guard.changing = false;
          if (error == null) {
            note(guard, holders, mine == round);
          }
          then.done(error, holders);
          change(guard);
          prove();
        });
  }

  private void note(Guard guard, Holders holders, boolean current) {
    if (guard.lockedOut && !holders.isLockedOut()) {
      guard.lockedOut = false;
      event("locked out", "let in", guard, "");
    } else if (holders.isLockedOut()) {
      noteLockedOut(guard);
    }
    guard.listed = holders.self();
    if (!current || !replica.isPrimary() || !replaced || guard.gone) {
      return;
    }
    if (holders.isExclusive()) {
      if (!guard.exclusive) {
        guard.exclusive = true;
        event("", "set", guard, "the shelf is reserved for this node");
      }
      boolean kept =
          fencing.isKept(guard.shelf) || !replica.rules().contains(Rule.FENCE_ONLY_WHEN_KEPT);
      if (kept) {
        gone(guard);
      }
    } else if (guard.exclusive && holders.self() && holders.others()) {
      event("set", "let in", guard, "the peer has nothing under way there");
      gone(guard);
    } else if (guard.exclusive) {
      guard.exclusive = false;
      event("set", "lapsed", guard, "the shelf has forgotten its reservation");
    }
  }

  private void gone(Guard guard) {
    guard.gone = true;
    int without = 0;
    for (Guard each : guards) {
      without |= each.gone ? 0 : 1 << each.shelf;
    }
    if (!peerGone && (shelves.written() & without) == 0) {
      peerGone = true;
      replica.event("fence", "", "closed", "nothing of the former primary lands any more");
    }
    replica.requestEndTurn();
  }

  /**
   * Reads the slots, once the changes under way have ended, so that writes may go on: as primary
   * only while they show nothing above the view.
   */
  private void prove() {
    if (proving) {
      return;
    }
    List<Guard> ready = new ArrayList<>();
    for (Guard guard : guards) {
      if (guard.unproven && !guard.changing && guard.wanted == null) {
        ready.add(guard);
      }
    }
    if (ready.isEmpty()) {
      return;
    }
    boolean needed =
        replica.isPrimary() && replica.rules().contains(Rule.READ_SLOTS_AFTER_RESERVING);
    if (!needed) {
      ready.forEach(this::proven);
      return;
    }
    proving = true;
    ready.forEach(guard -> guard.unproven = false);
    long mine = round;
    replica.readSlots(
        (error, reading) -> {
          proving = false;
          boolean current =
              error == null && !replica.views().isSuperseded(reading) && mine == round;
          for (Guard guard : ready) {
            boolean again = guard.unproven || guard.changing || guard.wanted != null;
            if (!current || again) {
              guard.unproven = true;
            } else {
              proven(guard);
            }
          }
          replica.after(current ? 0 : RETRY_NANOS, this::prove);
        });
  }

  private void proven(Guard guard) {
    guard.unproven = false;
    guard.gate.open();
  }

  // ---- The primary ----

  /**
   * This node is primary now.
   *
   * @param afterStop the one before it has ended in order: nothing of it is under way
   */
  void becamePrimary(boolean afterStop) {
    if (!isOn()) {
      return;
    }
    round++;
    replaced = !afterStop;
    peerGone = false;
    primarySinceNanos = replica.now();
    lookedNanos = replica.now();
    for (Guard guard : guards) {
      guard.exclusive = false;
      guard.gone = false;
      shut(guard);
    }
    look();
    prove();
  }

  /** Nothing that was begun as primary goes on. */
  void leftPrimary() {
    if (!isOn()) {
      return;
    }
    round++;
    peerGone = false;
    for (Guard guard : guards) {
      guard.exclusive = false;
      guard.gone = false;
      guard.wanted = guard.wanted == Command.JOIN ? Command.JOIN : null;
      refuse(guard, new IOException("this node is not primary any more"));
    }
    prove();
  }

  /** The shelf was opened anew, and may be another one. */
  void reopened(int shelf) {
    Guard guard = guards[shelf];
    guard.exclusive = false;
    guard.gone = false;
    if (isOn()) {
      shut(guard);
      prove();
    }
  }

  void tick() {
    if (!isOn()) {
      return;
    }
    for (Guard guard : guards) {
      if (guard.lockedOut) {
        join(guard);
      }
      change(guard);
    }
    prove();
    if (replica.isPrimary() && replica.now() - lookedNanos >= LOOK_NANOS) {
      lookedNanos = replica.now();
      look();
    }
  }

  private void look() {
    for (Guard guard : guards) {
      boolean wanted = isFenceWanted() ? !guard.gone : isLiftWanted() && guard.listed;
      if (wanted && !guard.asking && guard.wanted == null && !isAway(guard.shelf)) {
        ask(guard, Command.READ, (error, holders) -> looked(guard, error, holders));
      }
    }
  }

  private boolean isAway(int shelf) {
    return (shelves.down() & 1 << shelf) != 0;
  }

  private void looked(Guard guard, IOException error, Holders holders) {
    if (error != null || guard.lockedOut || guard.wanted != null) {
      return;
    }
    if (isFenceWanted() && !guard.gone && !holders.isExclusive()) {
      want(guard, Command.CLAIM);
    } else if (!isFenceWanted() && isLiftWanted() && !holders.empty()) {
      want(guard, Command.LIFT);
    }
  }

  /** A connected peer says by itself when nothing of it is under way, and has a moment for it. */
  private boolean isFenceWanted() {
    boolean waits = replica.link() != null && replica.now() - primarySinceNanos < LOOK_NANOS;
    return replica.isPrimary() && replaced && !replica.isPeerDrained() && !waits;
  }

  private boolean isLiftWanted() {
    return replica.isPrimary() && replica.link() != null && replica.isPeerDrained();
  }

  // ---- What is known ----

  /** Whether nothing of the former primary can land on any shelf that is written to. */
  boolean isPeerGone() {
    return peerGone;
  }

  /** The same of one shelf. */
  boolean isPeerGone(int shelf) {
    return guards[shelf].gone;
  }

  /** For status: what guards at present. */
  String text() {
    if (!isOn()) {
      return "masks";
    }
    List<String> lockedOut = new ArrayList<>();
    List<String> open = new ArrayList<>();
    List<String> lapsing = new ArrayList<>();
    for (Guard guard : guards) {
      String name = Shelves.name(guard.shelf);
      if (guard.lockedOut) {
        lockedOut.add(name);
      }
      if (isFenceWanted() && !guard.gone && !guard.exclusive) {
        open.add(name);
      }
      if (!fencing.isKept(guard.shelf)) {
        lapsing.add(name);
      }
    }
    if (!lockedOut.isEmpty()) {
      return "reserve, locked out of " + String.join(", ", lockedOut);
    }
    if (!open.isEmpty()) {
      return "reserve, not yet on " + String.join(", ", open);
    }
    return lapsing.isEmpty() ? "reserve" : "reserve, not kept: masks guard";
  }

  private void event(String from, String to, Guard guard, String detail) {
    replica.event(
        "fence", from, to, Shelves.name(guard.shelf) + (detail.isEmpty() ? "" : ": " + detail));
  }
}
