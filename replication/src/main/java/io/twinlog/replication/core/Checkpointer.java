package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.CheckpointCodec;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.RingEnd;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.CRC32C;

/**
 * Brings logged blocks to their place in the data area, publishes how far that has come, and frees
 * the ring below it (design, section 4, "Checkpoint" and "Late in-place writes").
 *
 * <p>A block is written with its content from RAM when that is logged, else with the newest logged
 * one, read back from the ring. While blocks are masked, a position is published only with a batch
 * that holds all of them, which the ring keeps.
 */
final class Checkpointer {
  private static final int BLOCKS_PER_CHAIN = Layout.PIECE_BLOCKS;
  private static final long RETRY_NANOS = 200_000_000;

  private enum State {
    IDLE,
    /** Waits for a whole batch, because blocks are masked. */
    WANTS_WHOLE_BATCH,
    /** Writes blocks in place. */
    WRITING,
    /** Makes what was written in place durable. */
    SYNCING,
    /** Publishes the position. */
    PUBLISHING
  }

  private final Replica replica;
  private final Effects effects;
  private final Slots slots;
  private final BlockTable table;
  private final RamDevice ram;
  private final Layout layout;
  private final LogWriter log;

  private State state = State.IDLE;

  /** Grows with every start and end, so that late completions are known as such. */
  private long round;

  private int chainsUnderWay;
  private boolean retryPending;

  /** The newest record that this node's area holds. */
  private CheckpointRecord published;

  /** Greatest position that either node has published. */
  private long position;

  private final CRC32C checksum = new CRC32C();
  private BitSet owedNow = new BitSet();
  private int cursor;
  private long target;
  private long targetMillis;
  private RingEnd newTail;

  /** Masked blocks are let go at the end of this round: it writes them in place once more. */
  private boolean unmasking;

  /** The log is damaged: the next round begins with a whole batch that takes its place. */
  private boolean replacesLog;

  /** The newest whole batch when that was found. */
  private Batch wholeBefore;

  private long checkpoints;

  Checkpointer(
      Replica replica,
      Effects effects,
      Slots slots,
      BlockTable table,
      RamDevice ram,
      Layout layout,
      LogWriter log) {
    this.replica = replica;
    this.effects = effects;
    this.slots = slots;
    this.table = table;
    this.ram = ram;
    this.layout = layout;
    this.log = log;
  }

  void begin(CheckpointRecord ownPublished, long greatestPosition) {
    end();
    replacesLog = false;
    // On several shelves a record may be on a minority; see Slots.adopt.
    published = replica.shelves().isSingle() ? ownPublished : beyondUnseen(ownPublished);
    position = greatestPosition;
  }

  private static CheckpointRecord beyondUnseen(CheckpointRecord record) {
    return new CheckpointRecord(
        record.node(),
        record.sequence() + (1L << 32),
        record.incarnation(),
        record.view(),
        record.position(),
        record.tailBatch(),
        record.tailPosition(),
        record.millis());
  }

  /** This node is primary no more: nothing further is written in place. */
  void end() {
    round++;
    state = State.IDLE;
    owedNow.clear();
  }

  /** A checkpoint is due, whatever the log's length. */
  boolean isDue() {
    return replacesLog;
  }

  /** Gives the round under way up, unless it is being published; its blocks are owed again. */
  void cancel() {
    if (state != State.PUBLISHING) {
      table.owed.or(owedNow);
      end();
    }
  }

  boolean isWriting() {
    return chainsUnderWay > 0;
  }

  boolean isIdle() {
    return state == State.IDLE && chainsUnderWay == 0 && !retryPending;
  }

  boolean wantsWholeBatch() {
    return state == State.WANTS_WHOLE_BATCH;
  }

  /** Whether the round under way is to write the block, or has, and not yet published. */
  boolean owes(int block) {
    return owedNow.get(block);
  }

  /** Adds every block that changed after the published position and was in a batch since. */
  void addOwed(BitSet blocks) {
    blocks.or(table.owed);
    blocks.or(owedNow);
  }

  long position() {
    return position;
  }

  long checkpoints() {
    return checkpoints;
  }

  /** Begins a round; does nothing when one is under way or there is nothing to do. */
  void start() {
    if (!isIdle()) {
      return;
    }
    round++;
    if (mayWrite()) {
      write();
    } else {
      state = State.WANTS_WHOLE_BATCH;
    }
  }

  private boolean mayWrite() {
    return hasWholeBatch()
        ? !replacesLog || log.newestWhole() != wholeBefore
        : !replacesLog && mayLetGo();
  }

  /** What the ring holds is damaged: has it replaced by a whole batch, as soon as can be. */
  void replaceLog() {
    replacesLog = true;
    wholeBefore = log.newestWhole();
    cancel();
    start();
  }

  private boolean hasWholeBatch() {
    return log.newestWhole() != null && log.newestWhole().cut == log.logged();
  }

  /**
   * Whether no block has to stay masked: each is in this node's ring, and whoever might have
   * written it late is gone, so that writing it in place once more, in this round, is the end of
   * it.
   */
  private boolean mayLetGo() {
    if (table.masked.isEmpty()) {
      return true;
    }
    if (!replica.isPredecessorGone()) {
      return false;
    }
    for (int block = table.masked.nextSetBit(0);
        block >= 0;
        block = table.masked.nextSetBit(block + 1)) {
      if (table.loggedAt[block] == BlockTable.NOT_LOGGED) {
        return false;
      }
    }
    return true;
  }

  /** The ring may begin at a whole batch: publishes that, with the position as it is. */
  void publishTail(RingEnd tail) {
    if (isIdle() || state == State.WANTS_WHOLE_BATCH) {
      round++;
      owedNow.clear();
      target = position;
      targetMillis = published.position() == position ? published.millis() : 0;
      newTail = tail;
      unmasking = false;
      publish();
    }
  }

  /** The log has advanced, or the view: goes on where this was waited for. */
  void resume() {
    if (state == State.WANTS_WHOLE_BATCH && mayWrite()) {
      write();
    } else if (chainsUnderWay == 0 && !retryPending) {
      if (state == State.WRITING) {
        writeMore();
      } else if (state == State.PUBLISHING && !replica.isFrozen()) {
        publish();
      }
    }
  }

  private void write() {
    state = State.WRITING;
    replacesLog = false;
    wholeBefore = null;
    target = log.logged();
    targetMillis = log.loggedMillis();
    unmasking = mayLetGo();
    newTail = unmasking ? log.loggedEnd() : log.newestWhole().start;
    owedNow = (BitSet) table.owed.clone();
    table.owed.clear();
    if (unmasking && replica.rules().contains(Rule.REWRITE_BEFORE_UNMASKING)) {
      owedNow.or(table.masked);
    }
    cursor = 0;
    writeMore();
  }

  private void writeMore() {
    if (replica.isFrozen() || replica.shelfKeeper().fill().isCopying()) {
      return;
    }
    int block = owedNow.nextSetBit(cursor);
    if (block < 0) {
      makeDurable();
      return;
    }
    int end = Math.min(owedNow.nextClearBit(block), block + BLOCKS_PER_CHAIN);
    ByteBuffer buffer = effects.acquireBuffer((end - block) * BlockTable.BLOCK_BYTES);
    long mine = round;
    BitSet readBack = new BitSet();
    // The log may advance while they are read, and have newer ones.
    int[] checksums = Arrays.copyOfRange(table.loggedChecksum, block, end);
    IoChain reading =
        new IoChain(
            "checkpoint's read of the log",
            Lane.DATA,
            error -> {
              chainsUnderWay--;
              IOException failure =
                  error == null ? damage(block, buffer, readBack, checksums) : error;
              if (mine != round || failure != null || replica.isFrozen()) {
                effects.releaseBuffer(buffer);
                blocksWritten(mine, block, failure, block);
                if (mine == round && error == null && failure != null) {
                  replaceLog();
                }
              } else {
                writeInPlace(block, end, buffer);
              }
            });
    for (int i = block; i < end; i++) {
      int steps = reading.steps().size();
      addContent(reading, i, blockOf(buffer, i - block));
      readBack.set(i, reading.steps().size() > steps);
    }
    if (readBack.isEmpty()) {
      writeInPlace(block, end, buffer);
    } else {
      chainsUnderWay++;
      effects.submit(reading);
    }
  }

  private void writeInPlace(int block, int end, ByteBuffer buffer) {
    long mine = round;
    IoChain chain =
        new IoChain(
            "checkpoint",
            Lane.DATA,
            error -> {
              effects.releaseBuffer(buffer);
              chainsUnderWay--;
              blocksWritten(mine, block, error, end);
            });
    chain.write((long) block * BlockTable.BLOCK_BYTES, buffer);
    chainsUnderWay++;
    effects.submit(chain);
  }

  /**
   * Whether all that was read back is what was logged: else why it must not be written in place.
   */
  private IOException damage(int first, ByteBuffer buffer, BitSet readBack, int[] checksums) {
    for (int block = readBack.nextSetBit(0); block >= 0; block = readBack.nextSetBit(block + 1)) {
      checksum.reset();
      checksum.update(blockOf(buffer, block - first));
      if ((int) checksum.getValue() != checksums[block - first]) {
        return new IOException(
            "the log is damaged: block %d has a wrong checksum".formatted(block));
      }
    }
    return null;
  }

  private static ByteBuffer blockOf(ByteBuffer buffer, int index) {
    return buffer.slice(index * BlockTable.BLOCK_BYTES, BlockTable.BLOCK_BYTES);
  }

  /** Content that is committed and in a batch of this node's ring, and checked: the newest such. */
  private void addContent(IoChain chain, int block, ByteBuffer target) {
    boolean logOnly = replica.rules().contains(Rule.LOG_BEFORE_CHECKPOINT);
    if (table.lastChanged[block] <= log.logged() || !logOnly) {
      ram.read((long) block * BlockTable.BLOCK_BYTES, target);
    } else if (table.loggedAt[block] == BlockTable.LOGGED_ZERO) {
      while (target.hasRemaining()) {
        target.putLong(0);
      }
    } else {
      long place = layout.ringPlace(replica.config().node(), table.loggedAt[block]);
      chain.read(place, target);
    }
  }

  /** The round goes on at {@code next}, or after an error at {@code block} again. */
  private void blocksWritten(long ofRound, int block, IOException error, int next) {
    if (ofRound != round) {
      replica.pump();
      return;
    }
    if (error != null) {
      replica.backingFailed(error);
      cursor = block;
      retryLater();
    } else {
      cursor = next;
      writeMore();
    }
  }

  private void retryLater() {
    retryPending = true;
    replica.after(
        RETRY_NANOS,
        () -> {
          retryPending = false;
          resume();
          replica.pump();
        });
  }

  private void makeDurable() {
    state = State.SYNCING;
    long mine = round;
    IoChain chain =
        new IoChain(
            "checkpoint sync",
            Lane.DATA,
            error -> {
              chainsUnderWay--;
              madeDurable(mine, error);
            });
    chainsUnderWay++;
    effects.submit(chain.sync());
  }

  private void madeDurable(long ofRound, IOException error) {
    if (ofRound != round) {
      replica.pump();
    } else if (error != null) {
      // It may have failed for anything that was written in place: all of it is written again.
      replica.backingFailed(error);
      state = State.WRITING;
      cursor = 0;
      retryLater();
    } else {
      publish();
    }
  }

  /**
   * From here on the position may be on the backing, whatever is heard of it. A taker then masks no
   * block for the sake of batches below it, so no block of this round is written in place again.
   */
  private void publish() {
    state = State.PUBLISHING;
    owedNow.clear();
    CheckpointRecord next =
        new CheckpointRecord(
            replica.config().node(),
            published.sequence() + 1,
            replica.incarnation(),
            replica.view().number(),
            target,
            newTail.sequence(),
            newTail.position(),
            targetMillis);
    published = next;
    ByteBuffer sector = effects.acquireBuffer(layout.sectorBytes());
    CheckpointCodec.encode(next, sector);
    ByteBuffer reading = effects.acquireBuffer(slots.readBytes());
    long floor = slots.floor();
    long mine = round;
    IoChain chain =
        new IoChain(
            "checkpoint publication",
            Lane.DATA,
            error -> {
              effects.releaseBuffer(sector);
              chainsUnderWay--;
              slots.readDone(reading, floor, error, (e, found) -> publicationDone(mine, e, found));
            });
    chain.write(layout.checkpointOffset(next.node(), next.sequence()), sector);
    chain.sync();
    slots.addRead(chain, reading);
    chainsUnderWay++;
    effects.submit(chain);
  }

  private void publicationDone(long ofRound, IOException error, Slots.Reading reading) {
    if (ofRound != round) {
      replica.pump();
      return;
    }
    if (error != null) {
      replica.backingFailed(error);
      retryLater();
      return;
    }
    position = Math.max(position, target);
    if (unmasking) {
      table.masked.clear();
    }
    state = State.IDLE;
    checkpoints++;
    if (replica.views().isSuperseded(reading)) {
      // The publication holds, but nothing may be freed by this reading of the slots.
      log.mayBeginAt(newTail);
      return;
    }
    log.free(newTail.position(), newTail.sequence());
    replica.checkpointed();
  }
}
