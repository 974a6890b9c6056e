package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Brings a stale shelf that can be reached again up to date. From its beginning the shelf takes
 * everything that is written; what it missed of the data area is copied by the marks. It has missed
 * parts of the rings, too: the peer's, in which nobody writes now, is copied as far as it may
 * count, for its next batches are chained to that; of the own one a checkpoint is published behind
 * which it holds only what was written since. Then nothing that counts is missing on it.
 *
 * <p>A copy is read from one shelf and written to another, so nothing may be written in place
 * between the two: neither by the {@link Checkpointer}, which waits for the copy as the copy waits
 * for it, nor by an earlier primary, which has to be known to be gone. A fill that any error of the
 * shelf ends begins anew.
 */
final class ShelfFill {
  private static final int COPY_BYTES = Layout.PIECE_BLOCKS * Layout.BLOCK_BYTES;
  private static final int NOBODY = -1;

  private enum Step {
    NONE,
    /** What earlier primaries marked is being read, and the peer's checkpoint record copied. */
    PREPARING,
    COPYING,
    /** What is copied is made durable. */
    SYNCING,
    /** A checkpoint is to be published. */
    PUBLISHING,
    /** It is seen that all that was filled is one medium, and the right one. */
    PROVING,
    FILLED
  }

  private final Replica replica;
  private final Shelves shelves;
  private final Stagger stagger;
  private final LogWriter log;
  private final Checkpointer checkpointer;

  private Step step = Step.NONE;
  private int shelf = NOBODY;

  /** Grows with every beginning and end, so that late completions are known as such. */
  private long round;

  private boolean copying;
  private ByteBuffer buffer;
  private long cursor;
  private long copiedBytes;
  private long toCopyBytes;

  /** Shelves filled, and bytes copied to them of whatever area, since the process started. */
  private long fills;

  private long everBytes;

  /** Of these, what each shelf's latest fill has copied. */
  private final long[] latestBytes;

  private boolean wasBusy;
  private long batchesBefore;
  private long checkpointsBefore;
  private long ringFrom;

  /** What is still to be copied of the peer's ring. */
  private final ArrayDeque<Layout.Span> ringRanges = new ArrayDeque<>();

  ShelfFill(Replica replica, Shelves shelves, LogWriter log, Checkpointer checkpointer) {
    this.replica = replica;
    this.shelves = shelves;
    this.stagger = shelves.stagger();
    this.log = log;
    this.checkpointer = checkpointer;
    this.latestBytes = new long[stagger.shelves()];
  }

  /** Whether a block is on its way from one shelf to the other: nothing is written in place. */
  boolean isCopying() {
    return copying;
  }

  boolean isFilled() {
    return step == Step.FILLED && shelves.filling() == 1 << shelf;
  }

  int shelf() {
    return shelf;
  }

  long copiedBytes() {
    return copiedBytes;
  }

  long toCopyBytes() {
    return toCopyBytes;
  }

  /** What the shelf's latest fill has copied, of the data area, rings and records. */
  long latestBytes(int ofShelf) {
    return latestBytes[ofShelf];
  }

  ReplicaReport.FillCounters counters() {
    return new ReplicaReport.FillCounters(fills, everBytes);
  }

  void end() {
    round++;
    step = Step.NONE;
    shelf = NOBODY;
  }

  /** The shelf that may be being filled is to be another one. */
  void leave(int former) {
    if (shelf == former) {
      shelves.endFilling();
      end();
    }
  }

  /** Why no shelf is being filled although one is stale; or empty. */
  String obstacle() {
    // A fill makes a checkpoint, which writes what RAM has.
    if (!replica.isPrimary() || !replica.mayAnswer() || !replica.isLogLoaded()) {
      return "the primary is not ready yet";
    }
    return replica.isPredecessorGone()
        ? ""
        : "the former primary may still be writing: it has to be connected, or known to be gone";
  }

  void pump() {
    if (step != Step.NONE && shelves.filling() != 1 << shelf) {
      replica.event("shelf", "filling", "stale", Shelves.name(shelf) + ": " + shelves.error(shelf));
      end();
    }
    switch (step) {
      case NONE -> begin();
      case COPYING -> copyNext();
      case PUBLISHING -> publish();
      case PREPARING, SYNCING, PROVING, FILLED -> {}
    }
  }

  private void begin() {
    int stale = stagger.all() & ~shelves.required() & ~shelves.down();
    if (copying || stale == 0 || !obstacle().isEmpty()) {
      return;
    }
    for (int candidate = 0; candidate < stagger.shelves(); candidate++) {
      if ((stale & 1 << candidate) != 0
          && !shelves.isHeld(candidate)
          && !shelves.isUnknown(candidate)
          && !shelves.isWriting(candidate)
          && replica.isPredecessorGone(candidate)) {
        begin(candidate);
        return;
      }
    }
  }

  private void begin(int candidate) {
    round++;
    step = Step.PREPARING;
    shelf = candidate;
    shelves.beginFilling(candidate);
    wasBusy = log.isBusy();
    batchesBefore = log.batches();
    ringFrom = -1;
    cursor = 0;
    copiedBytes = 0;
    latestBytes[candidate] = 0;
    buffer = shelves.newBuffer(COPY_BYTES);
    replica.event("shelf", "stale", "filling", Shelves.name(candidate));
    long mine = round;
    IoChain chain = new IoChain("marks read", Lane.DATA, error -> {});
    shelves.marks().inherit(chain, error -> prepared(mine, error));
  }

  private void prepared(long ofRound, IOException error) {
    if (ofRound != round) {
      return;
    }
    if (error != null) {
      failed(error);
      return;
    }
    toCopyBytes = shelves.marks().markedBytes();
    ringRanges.clear();
    ringRanges.addAll(replica.peerRing());
    if (!replica.rules().contains(Rule.FILL_BEFORE_LIVE)) {
      filled();
      return;
    }
    // The peer writes no checkpoint record now, and its next is to have one to follow.
    Layout layout = stagger.layout();
    long offset = layout.checkpointAreaOffset(replica.config().peer());
    copyRange(offset, layout.checkpointAreaBytes(), Step.COPYING);
  }

  private void copyNext() {
    if (copying || checkpointer.isWriting()) {
      return;
    }
    if (copyNextOfRing()) {
      return;
    }
    long[] range = shelves.marks().next(cursor);
    while (range != null && stagger.copyOn(shelf, range[0]) < 0) {
      cursor = Math.min(range[1], stagger.chunkEnd(range[0]));
      range = shelves.marks().next(cursor);
    }
    if (range == null) {
      sync();
      return;
    }
    long end = Math.min(range[1], stagger.chunkEnd(range[0]));
    int length = (int) Math.min(end - range[0], COPY_BYTES);
    cursor = range[0] + length;
    copyRange(range[0], length, Step.COPYING);
  }

  /** Begins to copy a piece of the peer's ring; false when all of it has been. */
  private boolean copyNextOfRing() {
    while (!ringRanges.isEmpty()) {
      Layout.Span span = ringRanges.remove();
      long end = span.offsetBytes() + span.lengthBytes();
      long pieceEnd =
          Math.min(
              Math.min(end, stagger.chunkEnd(span.offsetBytes())), span.offsetBytes() + COPY_BYTES);
      if (pieceEnd < end) {
        ringRanges.addFirst(new Layout.Span(pieceEnd, end - pieceEnd));
      }
      int length = (int) (pieceEnd - span.offsetBytes());
      if (stagger.copyOn(shelf, span.offsetBytes()) >= 0) {
        copyRange(span.offsetBytes(), length, Step.COPYING);
        return true;
      }
    }
    return false;
  }

  /** Copies a range of one area, and one chunk, from a live shelf. */
  private void copyRange(long offset, int length, Step then) {
    copying = true;
    long mine = round;
    ByteBuffer piece = buffer.slice(0, length);
    IoChain read =
        new IoChain("fill", Lane.DATA, error -> copyRead(mine, offset, piece, then, error));
    shelves.submit(read.read(offset, piece));
  }

  private void copyRead(long ofRound, long offset, ByteBuffer piece, Step then, IOException error) {
    if (error != null || ofRound != round) {
      copied(ofRound, then, offset, 0, error);
      return;
    }
    boolean chunk = stagger.area(offset) == Stagger.Area.CHUNKS;
    long place =
        chunk ? stagger.place(offset, stagger.copyOn(shelf, offset)) : stagger.placeOnEvery(offset);
    int filled = shelf;
    write(
        List.of(new IoChain.Write(place, piece)),
        e -> {
          if (e == null && chunk) {
            shelves.trust().trust(filled, offset, piece.remaining());
          }
          copied(ofRound, then, offset, piece.remaining(), e);
        });
  }

  private void write(List<IoChain.Step> steps, Consumer<IOException> then) {
    shelves.writeTo(shelf, new IoChain("fill", Lane.DATA, error -> {}), steps, then);
  }

  private void copied(long ofRound, Step then, long offset, int bytes, IOException error) {
    copying = false;
    replica.pump();
    if (ofRound != round) {
      return;
    }
    if (error != null) {
      failed(error);
    } else {
      copiedBytes += offset < stagger.layout().deviceBytes() ? bytes : 0;
      latestBytes[shelf] += bytes;
      everBytes += bytes;
      step = then;
    }
  }

  private void sync() {
    step = Step.SYNCING;
    write(
        List.of(new IoChain.Sync()),
        unlessOver(
            () -> {
              step = Step.PUBLISHING;
              checkpointsBefore = checkpointer.checkpoints();
              replica.pump();
            }));
  }

  /** Waits until the ring begins behind what was appended without the shelf. */
  private void publish() {
    if (ringFrom < 0) {
      if (wasBusy && log.isBusy() && log.batches() == batchesBefore) {
        return;
      }
      ringFrom = log.loggedEnd().position();
      checkpointsBefore = checkpointer.checkpoints() + (checkpointer.isIdle() ? 0 : 1);
    }
    if (checkpointer.checkpoints() > checkpointsBefore && log.tail() >= ringFrom) {
      step = Step.PROVING;
      prove();
    } else if (checkpointer.isIdle()) {
      checkpointer.start();
    }
  }

  private void prove() {
    IoChain chain = new IoChain("fill", Lane.DATA, error -> {});
    shelves.readFrom(
        shelf,
        chain,
        new ArrayList<>(),
        unlessOver(
            () -> {
              filled();
              replica.pump();
            }));
  }

  private void filled() {
    step = Step.FILLED;
    fills++;
  }

  /** What comes next when this is told of no error and the fill is still the same. */
  private Consumer<IOException> unlessOver(Runnable next) {
    long mine = round;
    return error -> {
      if (mine != round) {
        return;
      }
      if (error != null) {
        failed(error);
      } else {
        next.run();
      }
    };
  }

  private void failed(IOException error) {
    replica.event("shelf", "filling", "stale", Shelves.name(shelf) + ": " + error.getMessage());
    shelves.endFilling();
    end();
  }
}
