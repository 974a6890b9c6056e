package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.LoggedBatch;
import io.twinlog.blockdev.log.Recovery;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.RingContents;
import io.twinlog.blockdev.log.RingEnd;
import io.twinlog.blockdev.log.View;
import java.util.BitSet;
import java.util.List;

/**
 * Decides, for a primary, what goes to the log and when, and when a checkpoint is due (design,
 * sections 3 and 4). Connected: big and lazy. Alone: first everything up to the base of the view,
 * then group commits of what is pending.
 */
final class Destager {
  private static final long IDLE_CHECKPOINT_NANOS = 2_000_000_000L;

  /** The log is kept this short, so that a taker has read it soon. */
  private static final long CHECKPOINT_BYTES = 64L << 20;

  private final Replica replica;
  private final BlockTable table;
  private final LogWriter log;
  private final Checkpointer checkpointer;
  private final Loader loader;
  private final Primary primary;
  private final Handover handover;
  private final SyncSource syncSource;

  private List<Layout.Span> peerRing = List.of();
  private boolean surveyed;

  /** The first batch of the lone view is durable and checked, or none is needed. */
  private boolean firstBatchDone;

  /** The first batch has to log anew what only the peer's ring holds, before any other append. */
  private BitSet logsAnewFirst = new BitSet();

  /** The last batch that was due did not fit; a checkpoint is to make room. */
  private boolean waitsForRoom;

  private long dirtySinceNanos;
  private long lastLogNanos;

  /** The next checkpoint is due, whatever the log's length. */
  private boolean checkpointWanted;

  private Outcome flushOutcome;
  private long flushNumber;

  Destager(
      Replica replica,
      BlockTable table,
      LogWriter log,
      Checkpointer checkpointer,
      Loader loader,
      Primary primary,
      Handover handover,
      SyncSource syncSource) {
    this.replica = replica;
    this.table = table;
    this.log = log;
    this.checkpointer = checkpointer;
    this.loader = loader;
    this.primary = primary;
    this.handover = handover;
    this.syncSource = syncSource;
  }

  /** Whether the primary knows what is on the backing: before that nothing is appended. */
  boolean isSurveyed() {
    return surveyed;
  }

  boolean isFirstBatchDone() {
    return firstBatchDone && log.isKept();
  }

  /** Whether the log acknowledges for this view: always with a secondary. */
  boolean isFirstBatchDoneOrPair() {
    return replica.isPair() || isFirstBatchDone();
  }

  long dirtySinceNanos() {
    return dirtySinceNanos;
  }

  /** Whether everything committed is in the log, and RAM lacks nothing. */
  boolean isLogComplete() {
    return surveyed
        && !log.isBusy()
        && table.dirty.isEmpty()
        && log.logged() == replica.number()
        && isFirstBatchDoneOrPair()
        && loader.isDone();
  }

  /** Where the batches are that the peer's ring has, from its tail on; nobody writes there now. */
  List<Layout.Span> peerRing() {
    return peerRing;
  }

  /** The primary knows what is on the backing: destage begins. */
  void begin(Survey.Result survey, Recovered recovered, boolean load) {
    surveyed = true;
    RingContents peers = survey.rings().get(replica.config().peer());
    peerRing = List.of();
    if (!peers.batches().isEmpty()) {
      long from = peers.batches().get(0).startPosition();
      peerRing =
          replica.config().layout().ringSpans(peers.node(), from, peers.end().position() - from);
    }
    waitsForRoom = false;
    int me = replica.config().node();
    table.forgetBacking();
    BitSet late = new BitSet();
    for (BitSet blocks : recovered.lateWrites().values()) {
      late.or(blocks);
    }
    table.owed.or(late);
    table.kept.or(late);
    for (int block = late.nextSetBit(0); block >= 0; block = late.nextSetBit(block + 1)) {
      if (recovered.newest().ringNode(block) == me) {
        table.loggedAt[block] =
            recovered.newest().isZero(block)
                ? BlockTable.LOGGED_ZERO
                : recovered.newest().ringPosition(block);
        table.loggedChecksum[block] = recovered.newest().checksum(block);
      }
    }
    if (replica.rules().contains(Rule.MASK_LATE_WRITES)) {
      for (int block = late.nextSetBit(0); block >= 0; block = late.nextSetBit(block + 1)) {
        if (table.loggedAt[block] == BlockTable.NOT_LOGGED || !replica.isPredecessorGone()) {
          table.masked.set(block);
        }
      }
    }
    CheckpointRecord own = survey.checkpoints().get(me);
    RingContents ring = survey.rings().get(me);
    LoggedBatch last = lastOf(ring);
    RingEnd end = endOf(ring, last);
    boolean doubts = replica.rules().contains(Rule.DOUBT_LAST_BATCH);
    Recovery.Sure sure =
        doubts ? recovered.sure().get(me) : new Recovery.Sure(recovered.end(), recovered.millis());
    log.begin(
        replica.incarnation(),
        doubts,
        last != null ? last.lastPosition() : end.position(),
        end,
        own,
        sure.number(),
        sure.millis(),
        possibleTailOf(ring, recovered.checkpoint()));
    checkpointer.begin(own, recovered.checkpoint());
    logsAnewFirst = load ? recovered.newest().notInRingOf(me) : new BitSet();
    if (load) {
      loader.begin(recovered.newest(), late);
    } else {
      table.dirtyAfter(sure.number());
    }
    viewBegins();
    dirtySinceNanos = replica.now();
    lastLogNanos = replica.now();
  }

  /**
   * Where this node's ring may begin: what is below the checkpoint is not needed, and nothing is
   * before a batch that holds whatever changed after the checkpoint and every block that those
   * hold.
   */
  private RingEnd possibleTailOf(RingContents ring, long checkpoint) {
    BitSet before = new BitSet();
    RingEnd tail = null;
    for (LoggedBatch batch : ring.batches()) {
      if (batch.cut() < checkpoint || !replica.view().counts(batch.view(), batch.cut())) {
        continue;
      }
      BitSet blocks = batch.blocks();
      BitSet missing = (BitSet) before.clone();
      missing.andNot(blocks);
      if (tail == null || (batch.from() <= checkpoint && missing.isEmpty())) {
        tail = new RingEnd(batch.sequence(), batch.startPosition(), 0);
      }
      before.or(blocks);
    }
    return tail == null ? endOf(ring, lastOf(ring)) : tail;
  }

  /** The last batch that counts, or null. What follows is void by a chosen view. */
  private LoggedBatch lastOf(RingContents ring) {
    LoggedBatch last = null;
    for (LoggedBatch batch : ring.batches()) {
      last = replica.view().counts(batch.view(), batch.cut()) ? batch : last;
    }
    return last;
  }

  /** Where the next append goes: behind the last batch that counts. */
  private static RingEnd endOf(RingContents ring, LoggedBatch last) {
    if (last != null) {
      return last.end();
    }
    if (ring.batches().isEmpty()) {
      return ring.end();
    }
    LoggedBatch first = ring.batches().get(0);
    return new RingEnd(first.sequence(), first.startPosition(), 0);
  }

  /** A view begins in which this node is primary: does it need a first batch? */
  void viewBegins() {
    firstBatchDone =
        surveyed
            && !replica.isPair()
            && replica.view().completeAtBirth()
            && log.logged() == replica.number()
            && table.dirty.isEmpty()
            && logsAnewFirst.isEmpty();
  }

  /** This node is primary no more. */
  void end() {
    surveyed = false;
    firstBatchDone = false;
    checkpointWanted = false;
    log.end();
    checkpointer.end();
    loader.end();
    if (flushOutcome != null) {
      Outcome told = flushOutcome;
      flushOutcome = null;
      told.refused("this node is not primary any more");
    }
  }

  /** Whether RAM has everything that the log holds: before that nothing is written from it. */
  boolean isLogLoaded() {
    return surveyed && loader.hasLogged();
  }

  /** Begins whatever is due. */
  void pump() {
    if (!isLogLoaded()) {
      return;
    }
    if (checkpointer.isIdle()) {
      waitsForRoom = false;
    }
    if (!log.isBusy() && (!waitsForRoom || checkpointer.wantsWholeBatch())) {
      if (replica.isPair()) {
        destage();
      } else {
        appendAlone();
      }
    }
    checkpoint();
    finishFlush();
  }

  private void destage() {
    boolean whole = checkpointer.wantsWholeBatch();
    boolean nothing = table.dirty.isEmpty() && !whole;
    if (nothing || handover.keepsBackingAtRest(isFlushWanted())) {
      return;
    }
    long age = replica.now() - dirtySinceNanos;
    if (whole || isFlushWanted() || age >= replica.config().timing().destageDelay().toNanos()) {
      beginFromRam(new BitSet(), whole, false);
    }
  }

  private void appendAlone() {
    if (!firstBatchDone) {
      if (replica.rules().contains(Rule.DIRTY_SET_FIRST)) {
        beginFromRam(logsAnewFirst, false, true);
        return;
      }
      firstBatchDone = true;
    }
    if (checkpointer.wantsWholeBatch()) {
      beginFromRam(new BitSet(), true, false);
    } else if (!primary.pending().isEmpty()
        && !syncSource.holdsLog()
        && !replica.needsCheckpoint()) {
      BitSet blocks = new BitSet();
      long cut = primary.gather(blocks);
      if (log.hasRoom(blocks.cardinality())) {
        log.beginFromPending(replica.view().number(), log.logged(), cut, blocks, false);
      } else {
        appendWhole(cut, blocks);
      }
    }
  }

  /**
   * A group commit for which there is no room beside the whole batch that masked blocks keep in the
   * ring takes that one's place.
   */
  private void appendWhole(long cut, BitSet blocks) {
    boolean keepsMasked = !table.masked.isEmpty() && !replica.isPredecessorGone();
    if (keepsMasked && log.possibleTail() == null && checkpointer.isIdle()) {
      addWhole(blocks);
      if (log.fits(blocks.cardinality())) {
        log.beginFromPending(replica.view().number(), checkpointer.position(), cut, blocks, true);
        return;
      }
    }
    makeRoom();
  }

  private void addWhole(BitSet blocks) {
    blocks.or(table.dirty);
    blocks.or(table.masked);
    blocks.or(table.kept);
    checkpointer.addOwed(blocks);
  }

  private void beginFromRam(BitSet others, boolean whole, boolean first) {
    BitSet blocks = (BitSet) table.dirty.clone();
    blocks.or(others);
    // A first batch that leaves no room for a whole one is a whole one itself.
    boolean isWhole = whole || (first && !log.hasRoom(blocks.cardinality()));
    if (isWhole) {
      addWhole(blocks);
    }
    int count = blocks.cardinality();
    if (isWhole ? log.fits(count) : log.hasRoom(count)) {
      long from = isWhole ? checkpointer.position() : log.logged();
      log.beginFromRam(replica.view().number(), from, replica.number(), blocks, isWhole, first);
    } else {
      makeRoom();
    }
  }

  private void makeRoom() {
    waitsForRoom = true;
    if (log.possibleTail() != null) {
      checkpointer.publishTail(log.possibleTail());
    } else {
      checkpointer.start();
    }
  }

  private void checkpoint() {
    checkpointer.resume();
    if (!checkpointer.isIdle()
        || !isFirstBatchDoneOrPair()
        || handover.goal() == Handover.Goal.SWITCHOVER) {
      return;
    }
    long limit = Math.min(replica.config().layout().ringBytes() / 4, CHECKPOINT_BYTES);
    boolean idle = replica.now() - lastLogNanos > IDLE_CHECKPOINT_NANOS;
    boolean letGo = !table.masked.isEmpty() && replica.isPredecessorGone();
    boolean manyLimits = replica.view().limits().size() > View.MAX_LIMITS / 2;
    if (log.usedBytes() - log.retainedBytes() > limit
        || letGo
        || checkpointWanted
        || checkpointer.isDue()
        || ((idle || manyLimits) && !table.owed.isEmpty())
        || (replica.needsCheckpoint() && log.logged() > checkpointer.position())) {
      checkpointWanted = false;
      checkpointer.start();
    }
  }

  /** Has the next checkpoint begin when it can. */
  void checkpointSoon() {
    checkpointWanted = true;
    replica.requestEndTurn();
  }

  /**
   * Has blocks logged and written in place once more, with the content that RAM has: the backing's
   * was found to be another one. Whatever the ring holds is replaced, too.
   */
  void destageAgain(BitSet blocks) {
    for (int block = blocks.nextSetBit(0); block >= 0; block = blocks.nextSetBit(block + 1)) {
      noteDirty(block);
    }
    checkpointer.replaceLog();
    replica.requestEndTurn();
  }

  /** A batch has become part of the log. */
  void logAdvanced(Batch batch) {
    lastLogNanos = replica.now();
    dirtySinceNanos = replica.now();
    if (batch.first && batch.view == replica.view().number() && !replica.isPair()) {
      firstBatchDone = true;
      logsAnewFirst.clear();
      replica.event("backing", "incomplete", "complete", "the first batch of view " + batch.view);
    }
    if (batch.source == Batch.Source.PENDING) {
      primary.commitThrough(batch.cut, true);
    }
    checkpointer.resume();
  }

  void noteDirty(int block) {
    if (table.dirty.isEmpty()) {
      dirtySinceNanos = replica.now();
    }
    table.dirty.set(block);
  }

  /** Brings everything committed so far to the log. */
  void flush(Outcome outcome) {
    if (flushOutcome != null) {
      outcome.refused("a flush is under way");
    } else {
      flushOutcome = outcome;
      flushNumber = replica.number();
    }
  }

  private void finishFlush() {
    if (flushOutcome != null && log.logged() >= flushNumber && isFirstBatchDoneOrPair()) {
      Outcome told = flushOutcome;
      flushOutcome = null;
      told.done("everything up to write " + log.logged() + " is in the log");
    }
  }

  private boolean isFlushWanted() {
    return flushOutcome != null
        || primary.hasFlushes()
        || replica.emergency().isOn()
        || handover.goal() == Handover.Goal.STOP;
  }
}
