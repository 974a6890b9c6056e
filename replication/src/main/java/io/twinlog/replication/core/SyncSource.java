package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.twinlog.blockdev.RamDevice;
import java.util.BitSet;

/**
 * How a lone, complete primary fills its peer's copy: with the blocks that either side has changed
 * since both were the same and those that a verify has found to differ, or with all of them (see
 * {@link StartingPoint}), or in a block's place its digest, with which the target finds the block
 * in the backing ({@link DigestWay}). Both go out on the same ordered link as the writes that are
 * committed meanwhile, so the target's RAM is this node's as of the last frame taken in. When it
 * has everything, the rejoin is proposed.
 */
final class SyncSource {
  /** One frame ({@link ResyncSizes}). */
  static final int PIECE_BYTES = 128 * 1024;

  /** While clients are there. */
  static final int BUSY_PIECE_BYTES = 32 * 1024;

  /** Of digests, or zeros: a turn's end takes about a millisecond for them at most. */
  private static final int DIGEST_PIECES_PER_TURN = 16;

  private static final long BUSY_NANOS = 500_000_000;
  private static final long OFFER_RETRY_NANOS = 1_000_000_000L;
  private static final long NOT_BEGUN = -1;

  private enum State {
    IDLE,
    OFFERED,
    /** Blocks and live writes go out. */
    STREAMING,
    /** Everything has gone out; waits for the target, and for the log to be quiet. */
    SETTLING,
    /** The rejoin is being proposed. */
    REJOINING
  }

  private final Replica replica;
  private final RamDevice ram;
  private final BlockTable table;
  private final Eviction eviction;
  private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;
  private final Unconfirmed unconfirmed = new Unconfirmed();
  private final ResyncSizes sizes;
  private final ResyncPace pace;
  private final DigestWay digestWay;
  private final LiveBrake brake = new LiveBrake();
  private final SyncMeter meter = new SyncMeter();

  /** What is still to be sent. */
  private final BitSet toSend = new BitSet();

  private State state = State.IDLE;
  private long targetIncarnation;
  private boolean paused;
  private boolean wholeWanted;
  private long notBeforeNanos;
  private long settlingSinceNanos;
  private long progressNanos;
  private long clientRequests;
  private long busyNanos;
  private boolean busy;

  /** What the target has confirmed of the live writes. */
  private long targetNumber = NOT_BEGUN;

  SyncSource(
      Replica replica, RamDevice ram, BlockTable table, Eviction eviction, ResyncSizes sizes) {
    this.replica = replica;
    this.ram = ram;
    this.table = table;
    this.eviction = eviction;
    this.sizes = sizes;
    pace = new ResyncPace(replica.config().resyncRates(), sizes);
    digestWay = new DigestWay(ram, sizes);
  }

  boolean isActive() {
    return state != State.IDLE && state != State.OFFERED;
  }

  /** Whether committed writes go to the target. */
  boolean isStreaming() {
    return isActive();
  }

  /**
   * Whether no batch of pending writes is to be begun: the rejoin is about to be proposed, or the
   * link has to catch up first.
   */
  boolean holdsLog() {
    return state == State.SETTLING
        || (state == State.STREAMING && brake.holds(unconfirmed.writeBytes()))
        || (state == State.REJOINING && !replica.mayAct());
  }

  /** The link is gone, or the view has changed. */
  void end() {
    if (state == State.REJOINING && replica.isPair()) {
      table.outOfSync.clear();
    }
    state = State.IDLE;
    targetNumber = NOT_BEGUN;
    toSend.clear();
    digestWay.end();
    meter.end();
  }

  /** Every block is to be sent in the next resync. */
  void wantWhole() {
    wholeWanted = true;
  }

  boolean isPaused() {
    return paused;
  }

  /** Blocks wait, live writes go on; a resync that has not begun does not begin. */
  void pause(boolean pause) {
    if (paused != pause) {
      paused = pause;
      progressNanos = replica.now();
      replica.event("resync", pause ? "running" : "paused", pause ? "paused" : "running", "");
      replica.requestEndTurn();
    }
  }

  void refused(long view) {
    if (state == State.OFFERED && view == replica.view().number()) {
      state = State.IDLE;
      notBeforeNanos = replica.now() + OFFER_RETRY_NANOS;
    }
  }

  /** The target is ready: the stream begins. */
  void ready(Link link, PeerControl.SyncReady ready) {
    long view = replica.view().number();
    if (state != State.OFFERED || ready.view() != view) {
      return;
    }
    boolean whole = wholeWanted || ready.common() < 0;
    wholeWanted = false;
    ExtentMap blocks = choose(whole, ready);
    state = State.STREAMING;
    targetIncarnation = ready.incarnation();
    // It may have nothing to be sent: what it confirms in any case is that it has begun.
    targetNumber = NOT_BEGUN;
    link.sent++;
    unconfirmed.begin(link.sent);
    pace.begin(replica.turnNanos());
    brake.begin(replica.turnNanos());
    progressNanos = replica.now();
    long bytes = (long) toSend.cardinality() * BlockTable.BLOCK_BYTES;
    // What fits the link's window is there before anything is read.
    boolean worthIt = ready.takesDigests() && bytes > sizes.windowBytes();
    digestWay.begin(worthIt, ready.incarnation(), replica.turnNanos());
    meter.begin(whole, bytes, replica.now());
    replica.event(
        "resync",
        "",
        whole ? "whole" : "quick",
        "%d bytes to %s".formatted(bytes, replica.config().nodeNames().get(1 - me())));
    link.out.control(new PeerControl.SyncStart(view, replica.number(), whole, blocks));
    link.out.barrier(view);
    replica.requestEndTurn();
  }

  private ExtentMap choose(boolean whole, PeerControl.SyncReady ready) {
    toSend.clear();
    if (whole) {
      toSend.set(0, table.blocks);
      return ExtentMap.EMPTY;
    }
    toSend.or(table.changedAfter(ready.common()));
    toSend.or(table.outOfSync);
    ready.changed().addTo(toSend, table.blocks);
    ExtentMap blocks = ExtentMap.of(toSend, table.blocks);
    // What the target holds for unknown is sent: whole extents.
    blocks.addTo(toSend, table.blocks);
    return blocks;
  }

  private int me() {
    return replica.config().node();
  }

  /** A committed write goes to the target. */
  void sent(long bytes) {
    noteProgressWhenEmpty();
    unconfirmed.sent(bytes, false, replica.turnNanos());
  }

  private void noteProgressWhenEmpty() {
    if (unconfirmed.isEmpty()) {
      progressNanos = replica.now();
    }
  }

  /** The target has applied everything up to the number. */
  void confirmed(long number) {
    targetNumber = Math.max(targetNumber, number);
  }

  /** At the begin of a turn's end: takes in what was confirmed in the turn. */
  void beginTurn() {
    Link link = replica.link();
    if (!isActive() || link == null || unconfirmed.isEmpty()) {
      return;
    }
    long before = unconfirmed.writeBytes() + unconfirmed.pieceBytes();
    unconfirmed.confirmed(link.confirmedFrames, this::confirmed);
    long left = unconfirmed.writeBytes() + unconfirmed.pieceBytes();
    brake.confirmed(before - left, left, replica.turnNanos());
  }

  private void confirmed(long bytes, boolean piece, long sentNanos) {
    progressNanos = replica.now();
    if (piece) {
      meter.done(bytes);
      digestWay.linkBrought(bytes);
      pace.confirmed((int) bytes, replica.turnNanos() - sentNanos, replica.turnNanos());
    }
  }

  /** At the end of a turn: sends what the pace allows, or goes on to the rejoin. */
  void pump() {
    Link link = replica.link();
    if (link == null || !link.verified || replica.isPair() || replica.isFrozen()) {
      return;
    }
    switch (state) {
      case IDLE -> offer(link);
      case STREAMING -> stream(link);
      case SETTLING -> settle(link);
      case OFFERED, REJOINING -> {}
    }
  }

  private void offer(Link link) {
    boolean complete = replica.isComplete() || !replica.rules().contains(Rule.RESYNC_FROM_COMPLETE);
    if (complete
        && replica.isPopulated()
        && !replica.holdsRequests()
        && !paused
        && link.peerRole == Role.SECONDARY
        && replica.now() - notBeforeNanos >= 0
        && eviction.isOver()) {
      state = State.OFFERED;
      link.out.control(replica.views().lineage().offer());
    }
  }

  private void stream(Link link) {
    noteClients();
    digestWay.measure(replica.turnNanos());
    if (busy) {
      // What the backing gives need not be on the link among clients' writes.
      sendDigests(link, 1);
      sendBlocks(link, 1);
    } else {
      sendBlocks(link, Integer.MAX_VALUE);
      sendDigests(link, DIGEST_PIECES_PER_TURN);
    }
    if (toSend.isEmpty() && unconfirmed.pieceBytes() == 0) {
      if (!digestWay.isSettled()) {
        takeBack(link);
      } else if (!brake.holds(unconfirmed.writeBytes())) {
        state = State.SETTLING;
        settlingSinceNanos = replica.now();
        settle(link);
      }
    }
  }

  private void sendBlocks(Link link, int mostPieces) {
    int left = mostPieces;
    int last = toSend.length() - 1;
    while (last >= 0 && left > 0 && mayPace()) {
      int first = toSend.previousClearBit(last) + 1;
      first = Math.max(first, last + 1 - sizes.pieceBlocks(busy));
      send(link, first, last + 1);
      toSend.clear(first, last + 1);
      last = toSend.previousSetBit(first);
      left--;
    }
  }

  private boolean mayPace() {
    return !paused && pace.maySend(unconfirmed.pieceBytes(), busy, replica.turnNanos());
  }

  private void sendDigests(Link link, int mostPieces) {
    long now = replica.turnNanos();
    int left = mostPieces;
    int block = digestWay.next(toSend);
    while (block >= 0
        && left > 0
        && !paused
        && digestWay.maySend(busy, now)
        && pace.maySendDigests(busy, now)) {
      int end = Math.min(toSend.nextClearBit(block), block + sizes.digestBlocks(busy));
      sendDigests(link, block, end);
      toSend.clear(block, end);
      digestWay.passed(end);
      left--;
      block = digestWay.next(toSend);
    }
    if (left == 0 && block >= 0 && !busy) {
      replica.requestEndTurn();
    }
  }

  private void sendDigests(Link link, int block, int end) {
    long offset = (long) block * BlockTable.BLOCK_BYTES;
    int length = (end - block) * BlockTable.BLOCK_BYTES;
    noteProgressWhenEmpty();
    link.sent++;
    unconfirmed.sent(0, false, replica.turnNanos());
    if (ram.isZero(offset, length)) {
      link.out.blocks(replica.view().number(), offset, length, null);
      meter.done(length);
    } else {
      ByteBuf digests = digestWay.ask(block, end, replica.turnNanos());
      link.out.digests(replica.view().number(), offset, digests);
      pace.sentDigests(length);
    }
  }

  /** With nothing else to send, and nothing on its way: sends what the target still looks for. */
  private void takeBack(Link link) {
    if (mayPace()) {
      int end = digestWay.askedEnd();
      send(link, digestWay.takeBack(end, busy), end);
    }
  }

  /** The target has looked for blocks in the backing. */
  void answered(PeerControl.DigestAnswer answer) {
    if (state != State.STREAMING || answer.view() != replica.view().number()) {
      return;
    }
    long bytes = (long) answer.blocks() * BlockTable.BLOCK_BYTES;
    if (answer.blocks() < 1
        || answer.blocks() > BackingFill.MOST_BLOCKS
        || answer.offset() % BlockTable.BLOCK_BYTES != 0
        || answer.offset() > table.deviceBytes() - bytes) {
      replica.closeLink("the peer answers for blocks outside the device");
      return;
    }
    int found = digestWay.answered(answer, toSend, replica.turnNanos());
    meter.fromBacking((long) found * BlockTable.BLOCK_BYTES);
    pace.found((long) found * BlockTable.BLOCK_BYTES);
  }

  private void noteClients() {
    long requests = replica.clientRequests();
    if (busy) {
      boolean piecesUnderWay =
          unconfirmed.pieceBytes() > 0 || digestWay.isMoving(replica.turnNanos());
      long answered = requests - replica.requestsUnderWay();
      pace.care().turn(requests, answered, piecesUnderWay, replica.turnNanos());
    } else {
      pace.care().nobodyThere(replica.turnNanos());
    }
    if (requests != clientRequests) {
      clientRequests = requests;
      busyNanos = replica.now();
      busy = true;
    } else if (replica.now() - busyNanos > BUSY_NANOS) {
      busy = false;
    }
  }

  private void send(Link link, int block, int end) {
    long offset = (long) block * BlockTable.BLOCK_BYTES;
    int length = (end - block) * BlockTable.BLOCK_BYTES;
    noteProgressWhenEmpty();
    link.sent++;
    unconfirmed.sent(length, true, replica.turnNanos());
    pace.sent(length, replica.turnNanos());
    if (ram.isZero(offset, length)) {
      link.out.blocks(replica.view().number(), offset, length, null);
    } else {
      ByteBuf data = allocator.directBuffer(length, length);
      ram.read(offset, data, length);
      link.out.blocks(replica.view().number(), offset, length, data);
    }
  }

  /** A target that does not take in what it is sent is given up: clients may be waiting for it. */
  void tick() {
    meter.tick(replica.now());
    long timeout = replica.config().timing().confirmTimeout().toNanos();
    boolean stuck =
        state == State.STREAMING
            && !unconfirmed.isEmpty()
            && replica.now() - progressNanos > timeout;
    boolean unsettled = state == State.SETTLING && replica.now() - settlingSinceNanos > timeout;
    if (stuck || unsettled) {
      eviction.evicted("it does not confirm its resync");
      replica.closeLink("the peer does not confirm its resync");
    }
  }

  /** This process was stopped for a while: the target is judged by what it does from now on. */
  void forgetSilence() {
    progressNanos = replica.now();
    settlingSinceNanos = replica.now();
  }

  /**
   * Proposes the rejoin once nothing is under way in the log and the target has confirmed every
   * committed write: as nothing is committed from then on, that stays so.
   */
  private void settle(Link link) {
    if (replica.logIsBusy()) {
      settlingSinceNanos = replica.now();
      return;
    }
    boolean confirmed = link.confirmedFrames == link.sent && targetNumber == replica.number();
    if (!confirmed && replica.rules().contains(Rule.REJOIN_AFTER_CONFIRM)) {
      return;
    }
    state = State.REJOINING;
    int me = me();
    Views views = replica.views();
    views.change(
        ViewChange.Kind.REJOIN,
        change -> {
          // Without the target it is a lone view again, so that the attempt ends.
          boolean withTarget = replica.link() == link && state == State.REJOINING;
          change.propose(
              withTarget
                  ? views.newView(me, 3, targetIncarnation, replica.number(), false, false)
                  : views.newView(me, 1 << me, 0, replica.number(), replica.isComplete(), false));
        });
  }

  ReplicaReport.SyncProgress progress() {
    return meter.progress(paused, eviction.waitMillis());
  }

  ReplicaReport.SyncCounters counters() {
    return meter.counters();
  }
}
