package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.twinlog.replication.core.ReplicaReport.Difference;
import io.twinlog.replication.core.ReplicaReport.VerifyState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Compares the primary's RAM with another copy while clients go on, remembers which blocks differ,
 * and repairs those when asked to. The primary's copy is the right one, as with DRBD: it is what
 * clients read.
 *
 * <p>The peer is sent the block's content as of the last write sent, in the stream of those writes.
 * For the backing the block is dirty: it is logged, and then written in place, once more.
 */
final class Verify {
  private static final int LISTED = 16;

  /** What RAM is compared with. */
  enum With {
    PEER("peer"),
    BACKING("backing");

    final String word;

    With(String word) {
      this.word = word;
    }
  }

  private final Replica replica;
  private final BlockTable table;
  private final Destager destager;
  private final VerifyPieces pieces;
  private final VerifyPacer pacer;
  private final RequestQueue pending;
  private final PeerVerify peerVerify;
  private final Map<With, VerifyPass> passes = new EnumMap<>(With.class);
  private final Map<With, BitSet> differing = new EnumMap<>(With.class);

  /** What the pass under way compares with; null when there is none. */
  private With running;

  /** Of the last pass, when none is under way. */
  private With last;

  private Outcome outcome;
  private long startedNanos;
  private long endedNanos;
  private int reported;
  private long verifiedBytes;
  private long foundBytes;

  /** Blocks that the peer is still to be sent; its frames up to {@link #repairFrame} were. */
  private final BitSet toSend = new BitSet();

  /** The log on the backing is damaged. */
  private boolean damaged;

  private Outcome repairOutcome;
  private Link repairLink;
  private long repairFrame;
  private long repairBytes;

  Verify(
      Replica replica,
      BlockTable table,
      Destager destager,
      Primary primary,
      VerifyPieces pieces,
      PeerVerify peerVerify,
      BackingVerify backingVerify) {
    this.replica = replica;
    this.table = table;
    this.destager = destager;
    this.pieces = pieces;
    this.peerVerify = peerVerify;
    pacer = new VerifyPacer(replica, primary);
    pending = primary.pending();
    passes.put(With.PEER, peerVerify);
    passes.put(With.BACKING, backingVerify);
    differing.put(With.PEER, table.outOfSync);
    differing.put(With.BACKING, new BitSet());
  }

  /** Begins a pass; the outcome is told at its end, a difference as a refusal. */
  void begin(With with, Outcome tellOutcome) {
    VerifyPass pass = passes.get(with);
    String obstacle =
        !replica.isPrimary()
            ? "this node is not primary: verify runs there"
            : running != null ? "a verify is under way" : pass.obstacle();
    if (obstacle != null) {
      tellOutcome.refused(obstacle);
      return;
    }
    running = with;
    last = with;
    outcome = tellOutcome;
    startedNanos = replica.now();
    reported = 0;
    pass.begin(differing.get(with));
    replica.event("verify", "", "started", "with the " + with.word);
    replica.requestEndTurn();
  }

  /** Ends the pass under way; what it has found stays. */
  void stop(Outcome tellOutcome) {
    if (running == null) {
      tellOutcome.refused("no verify is under way");
      return;
    }
    String done = doneText();
    end("stopped", false, "stopped by the operator: " + done);
    tellOutcome.done(done);
  }

  private String doneText() {
    return "%d of %d bytes were compared with the %s"
        .formatted(passes.get(last).doneBytes(), table.deviceBytes(), last.word);
  }

  /** Time has gone on, or something else has happened: a pass that cannot go on is given up. */
  void tick() {
    if (!replica.isPrimary()) {
      differing.values().forEach(BitSet::clear);
      damaged = false;
    }
    if (running != null) {
      String obstacle = replica.isPrimary() ? passes.get(running).obstacle() : "not primary";
      if (obstacle == null && running == With.PEER && peerVerify.isInterrupted()) {
        obstacle = "the link, or the view, was another one meanwhile";
      }
      if (obstacle != null) {
        end("interrupted", false, "interrupted: " + obstacle + "; " + doneText());
      }
    }
    if (repairOutcome != null && !isRepairPossible()) {
      endRepair(false, "interrupted: the link was lost; the resync that follows sends all of it");
    }
  }

  /** At the end of a turn of the primary. */
  void pump() {
    tick();
    if (running != null) {
      VerifyPass pass = passes.get(running);
      pass.pump(pacer);
      reportFound(differing.get(running));
      if (pass.isDone()) {
        finish(pass);
      }
    }
    if (repairOutcome != null) {
      repairPeer();
    }
  }

  void answered(Link from, PeerControl.VerifyAnswer answer) {
    if (running == With.PEER) {
      peerVerify.answered(from, answer);
    }
  }

  /** An event for each new difference, as long as they are few. */
  private void reportFound(BitSet blocks) {
    int count = blocks.cardinality();
    if (count > reported) {
      if (reported == 0) {
        String first = list(running, 1).get(0).text();
        replica.event("verify", "", "differs", first);
      }
      foundBytes += (long) (count - reported) * BlockTable.BLOCK_BYTES;
      reported = count;
    }
  }

  private void finish(VerifyPass pass) {
    BitSet blocks = differing.get(running);
    String text = doneText();
    String remark = pass.remark();
    if (!blocks.isEmpty()) {
      List<String> ranges = list(running, LISTED).stream().map(Difference::text).toList();
      text +=
          "; %d bytes differ: %s%s"
              .formatted(
                  (long) blocks.cardinality() * BlockTable.BLOCK_BYTES,
                  String.join(", ", ranges),
                  ranges.size() == LISTED ? ", ..." : "");
    }
    text += (remark.isEmpty() ? "" : "; ") + remark;
    if (blocks.isEmpty() && remark.isEmpty()) {
      text += "; all are equal";
    } else if (!blocks.isEmpty() || pass.isDamaged()) {
      text += "; twinlog resync " + replica.name() + " makes it what this node's RAM holds";
    }
    damaged |= pass.isDamaged();
    boolean equal = blocks.isEmpty() && remark.isEmpty();
    end(equal ? "equal" : "differs", equal, text);
  }

  private void end(String state, boolean done, String text) {
    VerifyPass pass = passes.get(running);
    verifiedBytes += pass.doneBytes();
    pass.end();
    endedNanos = replica.now();
    running = null;
    replica.event("verify", "started", state, text);
    Outcome told = outcome;
    outcome = null;
    if (done) {
      told.done(text);
    } else {
      told.refused(text);
    }
  }

  // ---- Repair ----

  boolean hasDifferences() {
    return damaged || differing.values().stream().anyMatch(blocks -> !blocks.isEmpty());
  }

  /** Makes the other copies what RAM holds, where they are known to differ. */
  void repair(Outcome tellOutcome) {
    if (running != null || repairOutcome != null) {
      tellOutcome.refused("a verify, or a repair, is under way");
      return;
    }
    BitSet backing = differing.get(With.BACKING);
    repairBytes =
        ((long) backing.cardinality() + table.outOfSync.cardinality()) * BlockTable.BLOCK_BYTES;
    if (damaged || !backing.isEmpty()) {
      destager.destageAgain(backing);
      backing.clear();
      damaged = false;
    }
    repairLink = replica.link();
    repairFrame = 0;
    repairOutcome = tellOutcome;
    toSend.clear();
    toSend.or(table.outOfSync);
    if (!isRepairPossible()) {
      endRepair(false, "the peer is not connected with an up-to-date copy");
    }
    replica.requestEndTurn();
  }

  private boolean isRepairPossible() {
    return replica.isPrimary()
        && (table.outOfSync.isEmpty() || (replica.isPair() && replica.link() == repairLink));
  }

  private void repairPeer() {
    if (table.outOfSync.isEmpty()) {
      endRepair(true, "%d bytes are repaired".formatted(repairBytes));
      return;
    }
    if (replica.isFrozen()) {
      return;
    }
    int block = toSend.nextSetBit(0);
    if (block < 0) {
      if (repairLink.confirmedFrames >= repairFrame) {
        table.outOfSync.clear();
        replica.requestEndTurn();
      }
    } else if (repairLink.out.queuedBytes() < 8L * VerifyPieces.MAX_BYTES && pacer.takePiece()) {
      int most = VerifyPieces.MAX_BYTES / BlockTable.BLOCK_BYTES;
      int end = Math.min(toSend.nextClearBit(block), block + most);
      toSend.clear(block, end);
      send(block, end);
      replica.requestEndTurn();
    }
  }

  private void send(int block, int end) {
    long offset = (long) block * BlockTable.BLOCK_BYTES;
    int length = (end - block) * BlockTable.BLOCK_BYTES;
    ByteBuffer content = pieces.content(offset, length, pending);
    ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(length, length);
    data.writeBytes(content);
    repairFrame = ++repairLink.sent;
    repairLink.out.blocks(replica.view().number(), offset, length, data);
  }

  private void endRepair(boolean done, String text) {
    Outcome told = repairOutcome;
    repairOutcome = null;
    toSend.clear();
    replica.event("verify", "", done ? "repaired" : "not repaired", text);
    if (done) {
      told.done(text);
    } else {
      told.refused(text);
    }
  }

  // ---- Report ----

  private List<Difference> list(With with, int most) {
    List<Difference> found = new ArrayList<>();
    BitSet blocks = differing.get(with);
    int start = blocks.nextSetBit(0);
    while (start >= 0 && found.size() < most) {
      int end = blocks.nextClearBit(start);
      found.add(
          new Difference(
              with.word,
              (long) start * BlockTable.BLOCK_BYTES,
              (long) (end - start) * BlockTable.BLOCK_BYTES));
      start = blocks.nextSetBit(end);
    }
    return found;
  }

  VerifyState report() {
    if (last == null) {
      return new VerifyState("", false, 0, 0, 0, 0, List.of(), verifiedBytes, foundBytes);
    }
    long done = passes.get(last).doneBytes();
    long nanos = (running != null ? replica.now() : endedNanos) - startedNanos;
    List<Difference> found = new ArrayList<>(list(With.PEER, LISTED));
    found.addAll(list(With.BACKING, LISTED - found.size()));
    long blocks = (long) table.outOfSync.cardinality() + differing.get(With.BACKING).cardinality();
    return new VerifyState(
        last.word,
        running != null,
        done,
        table.deviceBytes(),
        done * 1000 / Math.max(1, nanos / 1_000_000),
        blocks * BlockTable.BLOCK_BYTES,
        found,
        verifiedBytes + (running != null ? done : 0),
        foundBytes);
  }
}
