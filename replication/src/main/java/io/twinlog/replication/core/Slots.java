package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.SlotArea;
import io.twinlog.blockdev.log.SlotCodec;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Both nodes' view slots on the backing. Writes of the own slot go out one after the other, each
 * made from the record before it, so that no write takes back what an earlier one said.
 */
final class Slots {

  /** Both nodes' newest records as read at one moment; {@code peer} or {@code own} may be null. */
  record Reading(SlotRecord own, SlotRecord peer) {}

  /** Told how a write or a read ended; {@code reading} is null for a write and on error. */
  @FunctionalInterface
  interface Completion {
    void done(IOException error, Reading reading);
  }

  /** As many buffers as {@link #read} uses; more readings wait, and are then all the fresher. */
  static final int READS_UNDER_WAY = 4;

  /** More records than one process can write in vain; the next goes to the next sector. */
  private static final long UNSEEN = 1L << 32;

  private record Update(UnaryOperator<SlotRecord> change, Consumer<IOException> then) {}

  private record Waiting(long view, Runnable then) {}

  private final Effects effects;
  private final Layout layout;
  private final int node;
  private final RamRecord record;
  private final ArrayDeque<Update> updates = new ArrayDeque<>();
  private final ArrayDeque<Completion> waitingReads = new ArrayDeque<>();
  private final List<Waiting> waitingForView = new ArrayList<>();
  private boolean staggered;
  private int readsUnderWay;
  private boolean writing;
  private SlotRecord own;

  /** Highest sequence whose write has completed: an area that shows less was rolled back. */
  private long writtenSequence;

  /** The latest view that the own slot durably names as chosen. */
  private long writtenView;

  /**
   * Of each sector of the own area the sequence number whose write has completed; 0 for none. On
   * several shelves always 0: one that was exchanged takes older records along, and is known by
   * itself ({@link SlotQuorum}).
   */
  private final long[] written = new long[Layout.SLOT_SECTORS];

  /** For good: what is written from now on would make such a backing look right again. */
  private boolean rolledBack;

  Slots(Effects effects, Layout layout, int node, RamRecord record) {
    this.record = record;
    this.effects = effects;
    this.layout = layout;
    this.node = node;
  }

  /** The own slot as last issued; null before {@link #adopt}. */
  SlotRecord own() {
    return own;
  }

  /**
   * Takes over what a predecessor of this process left in the own slot. On several shelves that may
   * have been more than a majority shows; sequence numbers go on from beyond it.
   */
  void adopt(SlotRecord found, boolean staggered) {
    this.staggered = staggered;
    if (staggered) {
      own = found.withSequence(found.sequence() + UNSEEN);
    } else {
      own = found;
      noteWritten(found);
    }
  }

  private void noteWritten(SlotRecord record) {
    writtenSequence = record.sequence();
    if (!staggered) {
      written[sectorOf(record.sequence())] = record.sequence();
    }
    writtenView = record.chosen().number();
  }

  private static int sectorOf(long sequence) {
    return Math.floorMod(sequence, Layout.SLOT_SECTORS);
  }

  /**
   * Writes the own slot durably, changed from its present record.
   *
   * @param then told the error, or null when the record is durable
   */
  void update(UnaryOperator<SlotRecord> change, Consumer<IOException> then) {
    updates.add(new Update(change, then));
    writeNext();
  }

  boolean isWriting() {
    return writing;
  }

  /**
   * Lets something wait until the own slot durably names this view, or a later one, as chosen; a
   * process that starts after that knows it, too. The slot's counter moves, so that a write that
   * fails is followed by others.
   */
  void whenWritten(long view, Runnable then) {
    if (writtenView >= view) {
      then.run();
    } else {
      waitingForView.add(new Waiting(view, then));
    }
  }

  private void tellWaiting() {
    for (Waiting waiting : List.copyOf(waitingForView)) {
      if (writtenView >= waiting.view()) {
        waitingForView.remove(waiting);
        waiting.then().run();
      }
    }
  }

  private void writeNext() {
    if (writing || updates.isEmpty()) {
      return;
    }
    writing = true;
    Update update = updates.removeFirst();
    SlotRecord next = update.change().apply(own).withSequence(own.sequence() + 1);
    own = next;
    // What is there until now may be damaged by a write that fails.
    written[sectorOf(next.sequence())] = 0;
    record.slotSequence(next.sequence());
    ByteBuffer sector = effects.acquireBuffer(layout.sectorBytes());
    SlotCodec.encode(next, sector);
    sector.position(0).limit(layout.sectorBytes());
    IoChain chain =
        new IoChain(
            "slot write",
            Lane.SLOT,
            error -> {
              effects.releaseBuffer(sector);
              writing = false;
              if (error == null) {
                noteWritten(next);
              }
              update.then().accept(error);
              tellWaiting();
              writeNext();
            });
    chain.write(layout.slotOffset(node, next.sequence()), sector).sync();
    effects.submit(chain);
  }

  /** Reads both slots as they are when this call's I/O is carried out. */
  void read(Completion completion) {
    if (readsUnderWay == READS_UNDER_WAY) {
      waitingReads.add(completion);
      return;
    }
    readsUnderWay++;
    long floor = writtenSequence;
    ByteBuffer buffer = effects.acquireBuffer(readBytes());
    IoChain chain =
        new IoChain(
            "slot read",
            Lane.SLOT,
            error -> {
              readsUnderWay--;
              readDone(buffer, floor, error, completion);
              if (!waitingReads.isEmpty() && readsUnderWay < READS_UNDER_WAY) {
                read(waitingReads.remove());
              }
            });
    addRead(chain, buffer);
    effects.submit(chain);
  }

  /** Size of the buffer that {@link #addRead} fills. */
  int readBytes() {
    return 2 * layout.slotAreaBytes();
  }

  /** Lets a chain end with a reading of both slots; {@link #readDone} makes sense of the buffer. */
  void addRead(IoChain chain, ByteBuffer buffer) {
    int area = layout.slotAreaBytes();
    chain.read(layout.slotAreaOffset(0), buffer.slice(0, area));
    chain.read(layout.slotAreaOffset(1), buffer.slice(area, area));
  }

  /** What a reading that is submitted now has to show of the own slot at least. */
  long floor() {
    return writtenSequence;
  }

  /**
   * Ends what {@link #addRead} began: gives the buffer back and reports.
   *
   * @param floor {@link #floor} when the chain was submitted
   */
  void readDone(ByteBuffer buffer, long floor, IOException error, Completion completion) {
    Reading reading = null;
    IOException failure = error;
    if (error == null) {
      int area = layout.slotAreaBytes();
      List<SlotRecord> mine = SlotArea.records(buffer.slice(node * area, area), node);
      SlotRecord peer = SlotArea.latest(buffer.slice((1 - node) * area, area), 1 - node);
      reading = new Reading(SlotArea.latest(mine), peer);
      failure = foreignTo(reading, mine, floor);
    }
    effects.releaseBuffer(buffer);
    completion.done(failure, failure == null ? reading : null);
  }

  /**
   * Whether a record is not there that was durable before the reading: also one before the newest,
   * as a record that was written after the backing was exchanged looks like the newest.
   */
  private boolean lacksWritten(List<SlotRecord> mine, long floor) {
    SlotRecord newest = SlotArea.latest(mine);
    if (floor > 0 && (newest == null || newest.sequence() < floor)) {
      return true;
    }
    for (int sector = 0; sector < written.length; sector++) {
      SlotRecord there = mine.get(sector);
      boolean was = written[sector] != 0 && written[sector] <= floor;
      if (was && (there == null || there.sequence() < written[sector])) {
        return true;
      }
    }
    return false;
  }

  private IOException foreignTo(Reading reading, List<SlotRecord> mine, long floor) {
    if (own == null) {
      return null;
    }
    rolledBack = rolledBack || lacksWritten(mine, floor);
    if (rolledBack) {
      return new IOException(
          "the backing is older than what this node wrote to it (rolled back, or another copy of it);"
              + " stop this node, put the right one back, and start it again");
    }
    if (reading.own().sequence() > own.sequence()) {
      effects.panic(
          "another process writes this node's slot on the backing: stop one of the two (same node"
              + " name started twice?)");
      return new IOException("another process writes this node's slot");
    }
    return null;
  }
}
