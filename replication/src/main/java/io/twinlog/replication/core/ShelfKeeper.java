package io.twinlog.replication.core;

import io.twinlog.blockdev.log.LiveShelves;
import io.twinlog.blockdev.log.Stagger;

/**
 * Has the shelves of a primary recorded as they are: a failed one stale, before anything written
 * completes without it, and a stale one live again when it has been filled ({@link ShelfFill}). One
 * record at a time, none while the view is being changed.
 */
final class ShelfKeeper {
  private static final long RETRY_NANOS = 200_000_000;
  private static final int NOBODY = -1;

  private final Replica replica;
  private final Shelves shelves;
  private final Stagger stagger;
  private final Slots slots;
  private final LastPiece lastPiece;
  private final ShelfFill fill;

  private boolean recording;
  private long notBeforeNanos;

  /** A stale shelf whose medium is to be recorded as the shelf's; or {@link #NOBODY}. */
  private int adopting = NOBODY;

  /** Everything is marked as missed by it. */
  private boolean marked;

  ShelfKeeper(
      Replica replica, Shelves shelves, Slots slots, LogWriter log, Checkpointer checkpointer) {
    this.replica = replica;
    this.shelves = shelves;
    this.stagger = shelves.stagger();
    this.slots = slots;
    this.lastPiece = log.lastPiece();
    this.fill = new ShelfFill(replica, shelves, log, checkpointer);
  }

  ShelfFill fill() {
    return fill;
  }

  /** See {@link Replica#failShelf}. */
  void fail(int shelf, Outcome outcome) {
    if (!isAsked(shelf, outcome)) {
      return;
    }
    if (!shelves.areEnoughWithout(shelf)) {
      outcome.refused(
          "a part of the data has its only live copy on %s: restore the stale shelf next to it first"
              .formatted(Shelves.name(shelf)));
      return;
    }
    if (!shelves.areSlotsReadableWithout(shelf)) {
      outcome.refused(Shelves.slotsMissingWithout(shelf));
      return;
    }
    if (!lastPiece.isDurable()) {
      outcome.refused(
          "the end of the log is being written again, and may have its only good copy on %s: try"
                  .formatted(Shelves.name(shelf))
              + " again soon");
      return;
    }
    shelves.hold(shelf);
    replica.requestEndTurn();
    outcome.done(Shelves.name(shelf) + " is taken out of use");
  }

  /** See {@link Replica#restoreShelf}. */
  void restore(int shelf, Outcome outcome) {
    if (!isAsked(shelf, outcome)) {
      return;
    }
    if ((shelves.live() & 1 << shelf) != 0) {
      outcome.done(Shelves.name(shelf) + " is live");
      return;
    }
    shelves.release(shelf);
    replica.requestEndTurn();
    outcome.done(Shelves.name(shelf) + " is filled when it can be reached");
  }

  /** See {@link Replica#replaceShelf}. */
  void replace(int shelf, boolean force, Outcome outcome) {
    if (!isAsked(shelf, outcome)) {
      return;
    }
    int bit = 1 << shelf;
    // Two shelves cannot record the loss of one: no majority is left.
    boolean lost =
        stagger.shelves() == 2
            && (shelves.failed() & bit) != 0
            && shelves.areEnoughWithout(shelf)
            && lastPiece.isWholeOn(shelves.required() & ~bit);
    if ((shelves.required() & bit) != 0 && !lost) {
      outcome.refused(
          Shelves.name(shelf) + " is live: take it out of use first, with 'twinlog shelf fail'");
    } else if (!shelves.areSlotsReadableWithout(shelf)) {
      outcome.refused(Shelves.slotsMissingWithout(shelf));
    } else if (shelves.isUnderWay(shelf)) {
      outcome.refused(
          Shelves.name(shelf) + " has I/O under way: try again when it has failed or ended");
    } else {
      fill.leave(shelf);
      shelves.label(
          shelf,
          force,
          error -> {
            if (error != null) {
              outcome.refused(error.getMessage());
            } else {
              replica.event("shelf", "", "replaced", Shelves.name(shelf));
              replica.requestEndTurn();
              outcome.done(Shelves.name(shelf) + " is filled from its neighbours");
            }
          });
    }
  }

  /**
   * The medium of a stale shelf is not the one that is recorded, so nothing is known of what it
   * holds: all of it is marked as missed, durably, and only then the medium is recorded, which
   * allows it to be filled.
   */
  private void adopt(int shelf) {
    if (adopting != shelf) {
      adopting = shelf;
      marked = false;
      shelves
          .marks()
          .markAll(
              error -> {
                if (error != null) {
                  adopting = adopting == shelf ? NOBODY : adopting;
                } else if (adopting == shelf) {
                  marked = true;
                  replica.requestEndTurn();
                }
              });
    } else if (marked) {
      int said = shelves.saidOfOpen(shelf);
      record(
          said,
          () -> {
            adopting = NOBODY;
            shelves.recordedMedia(said);
            replica.event("shelf", "", "adopted", Shelves.name(shelf));
            replica.requestEndTurn();
          });
    }
  }

  /** Whether an operator may ask for this here; if not, the outcome has been told. */
  private boolean isAsked(int shelf, Outcome outcome) {
    if (shelves.isSingle()) {
      outcome.refused("the backing has one shelf");
    } else if (shelf < 0 || shelf >= stagger.shelves()) {
      outcome.refused("shelves are numbered 1 to " + stagger.shelves());
    } else if (!replica.isPrimary()) {
      outcome.refused("this node is not primary: ask the one that is");
    } else {
      return true;
    }
    return false;
  }

  /** The view has changed: what was being recorded has to be recorded in it, if at all. */
  void viewChanged() {
    fill.end();
    notBeforeNanos = replica.now();
    adopting = NOBODY;
  }

  /** At the end of a turn of the primary. */
  void pump() {
    if (shelves.isSingle() || recording || replica.isFrozen()) {
      return;
    }
    int failed = shelves.failed() & shelves.required();
    int almost = shelves.required() & ~shelves.live();
    if (failed != 0) {
      recordStale(Integer.numberOfTrailingZeros(worstOf(failed)));
    } else if (almost != 0) {
      recordLive(Integer.numberOfTrailingZeros(almost));
    } else if (fill.isFilled()) {
      int shelf = fill.shelf();
      fill.end();
      shelves.require(shelf);
      notBeforeNanos = replica.now();
      recordLive(shelf);
    } else if (shelves.toAdopt() != 0) {
      adopt(Integer.numberOfTrailingZeros(shelves.toAdopt()));
    } else {
      fill.pump();
    }
  }

  /** Of failed shelves those that are not what they were, then those that do not answer. */
  private int worstOf(int failed) {
    int unknown = 0;
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      unknown |= shelves.isUnknown(shelf) ? 1 << shelf : 0;
    }
    int worst = failed & unknown;
    worst = worst != 0 ? worst : failed & shelves.down();
    return worst != 0 ? worst : failed;
  }

  private void recordStale(int shelf) {
    int rest = shelves.required() & ~(1 << shelf);
    if (!shelves.areEnoughWithout(shelf)) {
      return;
    }
    if (!lastPiece.isWholeOn(rest)) {
      lastPiece.prove(
          rest, chain -> shelves.submitWithout(shelf, chain), () -> shelves.tryAgain(shelf));
      return;
    }
    record(
        rest | LiveShelves.media(shelves.said()),
        () -> {
          String why = shelves.error(shelf);
          shelves.recordedStale(shelf);
          replica.event("shelf", "live", "stale", Shelves.name(shelf) + ": " + why);
          replica.pump();
        });
  }

  private void recordLive(int shelf) {
    record(
        shelves.said(),
        () -> {
          shelves.recordedLive(shelf);
          replica.event("shelf", "stale", "live", Shelves.name(shelf));
        });
  }

  /** Writes first, then reads what a taker would have written; only then the record counts. */
  private void record(int said, Runnable counts) {
    if (replica.now() < notBeforeNanos) {
      return;
    }
    notBeforeNanos = replica.now() + RETRY_NANOS;
    if (!replica.rules().contains(Rule.RECORD_STALE_FIRST)) {
      counts.run();
      return;
    }
    recording = true;
    long view = replica.view().number();
    slots.update(
        own -> own.chosen().number() == view ? own.recordShelves(said) : own,
        error -> {
          if (error != null) {
            recording = false;
            replica.backingFailed(error);
          } else {
            slots.read(
                (readError, reading) -> {
                  recording = false;
                  if (readError != null) {
                    replica.backingFailed(readError);
                  } else if (isStill(view) && !replica.views().isSuperseded(reading)) {
                    counts.run();
                  }
                });
          }
        });
  }

  private boolean isStill(long view) {
    return replica.isPrimary() && !replica.isFrozen() && replica.view().number() == view;
  }
}
