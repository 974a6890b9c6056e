package io.twinlog.replication.core;

import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.RamDevice;
import java.util.ArrayDeque;
import java.util.BitSet;

/**
 * What the primary does with client requests (design, section 3, rules 4 and 5).
 *
 * <p>Where a write is: until it is committed its payload stays in the buffer in which it arrived.
 * With a secondary it is committed when the secondary has confirmed it, and so is in both RAMs when
 * the client is told. Alone it is committed when a batch with it is durable in this node's ring and
 * the slots read after that show no later view, and so is in RAM and on the backing.
 */
final class Primary {
  /** A group commit takes no more requests when it has so many bytes. */
  private static final long GROUP_BYTES = 8L << 20;

  private final Replica replica;
  private final BlockTable table;
  private final RamDevice ram;
  private final RamRecord record;
  private final Slots slots;
  private final LogWriter log;
  private final Loader loader;

  /** Taken in, not committed; each with its number. */
  private final RequestQueue pending;

  /** Each with the frame, or the slot reading, that is to be confirmed first. */
  private final RequestQueue reads = new RequestQueue();

  /**
   * FLUSH, and committed writes that wait for the log: FUA, and all in emergency mode; each with
   * the number that must be logged.
   */
  private final RequestQueue flushes = new RequestQueue();

  /** Requests that wait to be taken in, in order. */
  private final ArrayDeque<BlockRequest> held = new ArrayDeque<>();

  private boolean slotReadUnderWay;
  private long slotReadsIssued;
  private long answerable;

  /** When the oldest pending write or read began to wait, or the peer last made progress. */
  private long waitingSinceNanos;

  private long readRequests;
  private long writeRequests;
  private long readBytes;
  private long writtenBytes;

  Primary(
      Replica replica,
      BlockTable table,
      RamDevice ram,
      Slots slots,
      LogWriter log,
      Loader loader,
      RequestQueue pending,
      RamRecord record) {
    this.record = record;
    this.replica = replica;
    this.table = table;
    this.ram = ram;
    this.slots = slots;
    this.log = log;
    this.loader = loader;
    this.pending = pending;
  }

  RequestQueue pending() {
    return pending;
  }

  /** Reads and writes taken in since the process started. */
  long requests() {
    return readRequests + writeRequests;
  }

  /** How many of these are not answered yet, those aside that wait for the log only. */
  int requestsUnderWay() {
    return pending.size() + reads.size();
  }

  int openRequests() {
    return requestsUnderWay() + flushes.size() + held.size();
  }

  /** Whether a client waits for the log. */
  boolean hasFlushes() {
    return !flushes.isEmpty() && waitsForLog();
  }

  /** Whether with a secondary, too, there are requests that wait for the log. */
  private boolean waitsForLog() {
    return replica.config().flushToLog() || replica.emergency().isOn();
  }

  /** Whether nothing that a client has asked for is under way; held requests do not count. */
  boolean isQuiet() {
    return pending.isEmpty() && reads.isEmpty() && flushes.isEmpty();
  }

  void submit(BlockRequest request) {
    if (!held.isEmpty() || replica.holdsRequests() || !admit(request)) {
      held.add(request);
    }
    replica.requestEndTurn();
  }

  /** Takes held requests in, as far as possible. */
  void admitHeld() {
    while (!held.isEmpty() && !replica.holdsRequests() && admit(held.peek())) {
      held.remove();
    }
  }

  private boolean admit(BlockRequest request) {
    switch (request.command()) {
      case READ -> {
        noteWaiting();
        readRequests++;
        Rule rule = replica.isPair() ? Rule.READ_BARRIER : Rule.SLOT_READ_WHEN_ALONE;
        if (!replica.rules().contains(rule) && loader.isReady(request)) {
          answer(request);
        } else {
          reads.add(request, nextEvidence());
        }
      }
      case FLUSH -> flushes.add(request, replica.number());
      case WRITE, WRITE_ZEROES, TRIM -> {
        if (!loader.isReady(request) || replica.needsCheckpoint()) {
          return false;
        }
        take(request);
      }
    }
    return true;
  }

  private void take(BlockRequest request) {
    noteWaiting();
    writeRequests++;
    writtenBytes += request.lengthBytes();
    long number = replica.number() + pending.size() + 1;
    pending.add(request, number);
    if (!replica.rules().contains(Rule.COMMIT_BEFORE_RAM)) {
      apply(request, number, false);
    }
    if (replica.isPair() && !replica.isFrozen()) {
      send(request, number);
      if (!replica.rules().contains(Rule.ACKNOWLEDGE_AFTER_CONFIRM)) {
        commitThrough(number, false);
      }
    }
  }

  private void noteWaiting() {
    if (pending.isEmpty() && reads.isEmpty()) {
      waitingSinceNanos = replica.now();
    }
  }

  private void send(BlockRequest request, long number) {
    Link link = replica.link();
    if (link == null) {
      return;
    }
    link.sent++;
    if (replica.syncSource().isStreaming()) {
      replica.syncSource().sent(request.payload() == null ? 0 : request.lengthBytes());
    }
    link.out.write(
        replica.view().number(),
        number,
        request.command(),
        request.offsetBytes(),
        request.lengthBytes(),
        request.payload());
  }

  /** What a read that begins now has to wait for. */
  private long nextEvidence() {
    Link link = replica.link();
    return replica.isPair() ? (link == null ? 0 : link.sent) + 1 : slotReadsIssued + 1;
  }

  /** The view has changed and this node is primary in it: open requests go on under its rule. */
  void viewChanged() {
    reads.retag(nextEvidence());
    answerable = 0;
    slotReadUnderWay = false;
    waitingSinceNanos = replica.now();
    if (replica.isPair()) {
      for (int i = 0; i < pending.size(); i++) {
        send(pending.get(i), pending.tag(i));
      }
    }
  }

  /** The secondary has applied everything up to the number, and taken in so many frames. */
  void confirmed(long number, long frames) {
    waitingSinceNanos = replica.now();
    if (number > replica.number() + pending.size()) {
      replica.panic(
          "the peer confirms write %d, the last one is %d"
              .formatted(number, replica.number() + pending.size()));
      return;
    }
    commitThrough(number, false);
    answerReads(frames);
  }

  /** Whether the secondary has kept a request waiting for longer than that. */
  boolean isWaitingSince(long nanos) {
    return !(pending.isEmpty() && reads.isEmpty()) && waitingSinceNanos - nanos < 0;
  }

  /** Commits pending writes up to the number; they are in the log already when {@code logged}. */
  void commitThrough(long number, boolean logged) {
    while (!pending.isEmpty() && pending.tag(0) <= number) {
      commit(pending.removeFirst(), logged);
    }
  }

  private void commit(BlockRequest request, boolean logged) {
    long number = replica.advanceNumber();
    if (replica.rules().contains(Rule.COMMIT_BEFORE_RAM)) {
      apply(request, number, logged);
    }
    if (!replica.isPair() && replica.syncSource().isStreaming()) {
      send(request, number);
    }
    request.releasePayload();
    boolean stable = request.forceUnitAccess() && replica.config().flushToLog();
    if (!logged && (stable || replica.emergency().isOn())) {
      flushes.add(request, number);
    } else {
      request.completed(ram);
    }
  }

  private void apply(BlockRequest request, long number, boolean logged) {
    int end = BlockTable.endBlock(request);
    for (int block = BlockTable.firstBlock(request); block < end; block++) {
      if (!logged) {
        log.beforeChange(block);
        replica.noteDirty(block);
      }
      table.changed(block, number);
      loader.written(block);
    }
    record.begin(number, request.offsetBytes(), request.lengthBytes());
    if (request.command() == Command.WRITE) {
      ram.write(request.offsetBytes(), request.payload());
    } else {
      ram.zero(request.offsetBytes(), request.lengthBytes());
    }
    record.end(number);
  }

  /** Takes pending writes for a group commit: fills the set with their blocks; returns the cut. */
  long gather(BitSet blocks) {
    long cut = replica.number();
    long bytes = 0;
    for (int i = 0; i < pending.size(); i++) {
      BlockRequest request = pending.get(i);
      bytes += request.lengthBytes();
      if (i > 0 && bytes > GROUP_BYTES) {
        break;
      }
      blocks.set(BlockTable.firstBlock(request), BlockTable.endBlock(request));
      cut = pending.tag(i);
    }
    return cut;
  }

  /** At the end of a turn: asks for what reads wait for, and answers what can be answered. */
  void pump() {
    if (!replica.mayAct()) {
      return;
    }
    if (!reads.isEmpty()) {
      if (replica.isPair()) {
        sendBarrier();
      } else {
        readSlots();
      }
      answerReads(answerable);
    }
    answerFlushes();
    admitHeld();
  }

  private void sendBarrier() {
    Link link = replica.link();
    if (link != null && reads.tag(reads.size() - 1) > link.sent) {
      link.sent++;
      link.out.barrier(replica.view().number());
    }
  }

  private void readSlots() {
    if (slotReadUnderWay
        || !replica.mayAnswerAlone()
        || reads.tag(reads.size() - 1) <= answerable) {
      return;
    }
    slotReadUnderWay = true;
    long id = ++slotReadsIssued;
    long view = replica.view().number();
    slots.read(
        (error, reading) -> {
          if (view != replica.view().number()) {
            return;
          }
          slotReadUnderWay = false;
          if (error != null) {
            replica.backingFailed(error);
            replica.after(Replica.RETRY_NANOS, replica::requestEndTurn);
          } else if (!replica.views().isSuperseded(reading)) {
            answerReads(id);
            replica.requestEndTurn();
          }
        });
  }

  private void answerReads(long evidence) {
    answerable = Math.max(answerable, evidence);
    while (!reads.isEmpty()
        && reads.tag(0) <= answerable
        && replica.mayAct()
        && loader.isReady(reads.get(0))) {
      answer(reads.removeFirst());
    }
  }

  private void answer(BlockRequest request) {
    readBytes += request.lengthBytes();
    request.completed(ram);
  }

  private void answerFlushes() {
    while (!flushes.isEmpty()) {
      boolean inRam = replica.isPair() && !waitsForLog();
      boolean inLog = replica.mayAnswer() && log.logged() >= flushes.tag(0);
      if (!inRam && !inLog) {
        return;
      }
      flushes.removeFirst().completed(ram);
    }
  }

  /** This node is primary no more: what is open is given up without an answer. */
  void end() {
    slotReadUnderWay = false;
    answerable = 0;
    if (!replica.rules().contains(Rule.DROP_CLIENT_REQUESTS)) {
      while (!pending.isEmpty()) {
        held.add(pending.removeFirst());
      }
    }
    drop(pending);
    drop(reads);
    drop(flushes);
    while (!held.isEmpty() && replica.rules().contains(Rule.DROP_CLIENT_REQUESTS)) {
      drop(held.remove());
    }
  }

  private static void drop(RequestQueue queue) {
    while (!queue.isEmpty()) {
      drop(queue.removeFirst());
    }
  }

  private static void drop(BlockRequest request) {
    request.releasePayload();
    request.dropped();
  }

  ReplicaReport.Counters counters(long viewChanges, long checkpoints) {
    return new ReplicaReport.Counters(
        readRequests,
        writeRequests,
        readBytes,
        writtenBytes,
        log.batches(),
        log.loggedBytes(),
        checkpoints,
        viewChanges,
        replica.syncCounters(),
        replica.shelfKeeper().fill().counters());
  }
}
