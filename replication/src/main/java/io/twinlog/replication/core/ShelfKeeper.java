package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Stagger;

/**
 * Has the shelves of a primary recorded as they are: a failed one stale, before anything written
 * completes without it, and a stale one live again when it has been filled ({@link ShelfFill}). One
 * record at a time, none while the view is being changed.
 */
final class ShelfKeeper {
  private static final long RETRY_NANOS = 200_000_000;

  private final Replica replica;
  private final Shelves shelves;
  private final Stagger stagger;
  private final Slots slots;
  private final ShelfFill fill;

  private boolean recording;
  private long notBeforeNanos;

  ShelfKeeper(
      Replica replica, Shelves shelves, Slots slots, LogWriter log, Checkpointer checkpointer) {
    this.replica = replica;
    this.shelves = shelves;
    this.stagger = shelves.stagger();
    this.slots = slots;
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
    if (!stagger.covers(shelves.required() & ~(1 << shelf))) {
      outcome.refused(
          "a part of the data has its only live copy on %s: restore the stale shelf next to it first"
              .formatted(Shelves.name(shelf)));
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
  }

  /** At the end of a turn of the primary. */
  void pump() {
    if (shelves.isSingle() || recording || replica.isFrozen()) {
      return;
    }
    int failed = shelves.failed() & shelves.required();
    int almost = shelves.required() & ~shelves.live();
    if (failed != 0) {
      int gone = failed & shelves.down();
      recordStale(Integer.numberOfTrailingZeros(gone != 0 ? gone : failed));
    } else if (almost != 0) {
      recordLive(Integer.numberOfTrailingZeros(almost));
    } else if (fill.isFilled()) {
      int shelf = fill.shelf();
      fill.end();
      shelves.require(shelf);
      notBeforeNanos = replica.now();
      recordLive(shelf);
    } else {
      fill.pump();
    }
  }

  private void recordStale(int shelf) {
    int rest = shelves.required() & ~(1 << shelf);
    if (!stagger.covers(rest)) {
      return;
    }
    record(
        rest,
        () -> {
          String why = shelves.error(shelf);
          shelves.recordedStale(shelf);
          replica.event("shelf", "live", "stale", Shelves.name(shelf) + ": " + why);
          replica.pump();
        });
  }

  private void recordLive(int shelf) {
    record(
        shelves.required(),
        () -> {
          shelves.recordedLive(shelf);
          replica.event("shelf", "stale", "live", Shelves.name(shelf));
        });
  }

  /** Writes first, then reads what a taker would have written; only then the record counts. */
  private void record(int set, Runnable counts) {
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
        own -> own.chosen().number() == view ? own.recordShelves(set) : own,
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
