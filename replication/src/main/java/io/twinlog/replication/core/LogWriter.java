package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.PieceEncoder;
import io.twinlog.blockdev.log.RingEnd;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Appends batches to this node's ring, one after the other (design, section 4). A batch is cut at a
 * moment and staged piece by piece, so that the loop is never held for long; the chain of its last
 * piece makes it durable and then reads the slots. Only then it is part of the log, and the next
 * may begin: so a later batch in the ring shows that the one before it was durable.
 *
 * <p>A batch that fails before its last piece was submitted, or is void, is written over from its
 * start once none of its chains is under way, so the ring never holds a torn batch before a good
 * one. A last piece that fails may be on the backing all the same, and a taker may have seen the
 * batch whole: it is written again as it is, until that succeeds. A sync that fails may have lost
 * whatever was written since the last good one, and nobody has the earlier pieces any more by then;
 * so these are made durable before the last piece is submitted, and all that a failure can take
 * after that is the piece that is at hand.
 */
final class LogWriter {
  /**
   * Pieces of one batch under way at the same time: while one is staged, the shelf has enough of
   * the others to be busy, even if this thread comes to it late.
   */
  static final int PIECES_UNDER_WAY = 4;

  private static final long RETRY_NANOS = 200_000_000;

  /** Until a batch has been large enough to tell. */
  private static final long ASSUMED_BYTES_PER_SECOND = 100_000_000;

  private static final long TELLING_BYTES = 1L << 20;

  private final Replica replica;
  private final Effects effects;
  private final Slots slots;
  private final BlockTable table;
  private final RamDevice ram;
  private final Layout layout;
  private final CopyAside aside;

  /** Data blocks of a piece, at most {@link Layout#PIECE_BLOCKS}. */
  private final int pieceBlocks;

  private final BatchStager stager;

  private PieceEncoder encoder;
  private Batch batch;
  private boolean retryPending;

  /** Where the log ends for a reader, and with it the newest batch. */
  private RingEnd loggedEnd;

  /** First ring position that is in use, and the number of the batch there. */
  private long tail;

  private long tailSequence;

  private long logged;
  private long loggedMillis;

  private final LastPiece lastPiece;

  /** The newest whole batch of this primacy, or null. */
  private Batch newestWhole;

  /** Where the ring may begin by what was found in it when this primacy began. */
  private RingEnd inheritedTail;

  private long batches;
  private long loggedBytes;
  private long bytesPerSecond = ASSUMED_BYTES_PER_SECOND;

  LogWriter(
      Replica replica,
      Effects effects,
      Slots slots,
      BlockTable table,
      RamDevice ram,
      Layout layout,
      RequestQueue pending,
      int pieceBlocks,
      int asideBlocks) {
    this.replica = replica;
    this.effects = effects;
    this.slots = slots;
    this.table = table;
    this.ram = ram;
    this.layout = layout;
    this.pieceBlocks = pieceBlocks;
    this.aside = new CopyAside(effects, layout.deviceBlocks(), asideBlocks);
    this.lastPiece = new LastPiece(replica, effects, layout);
    this.stager = new BatchStager(pending, ram, aside, pieceBlocks);
  }

  /**
   * This node is primary and has surveyed the backing: appends go on at the ring's end.
   *
   * @param doubts whether what the ring ends and begins with is to be made durable first
   * @param lastPosition of the piece before the end; the end itself when there is none to be kept
   */
  void begin(
      long incarnation,
      boolean doubts,
      long lastPosition,
      RingEnd end,
      CheckpointRecord published,
      long loggedNumber,
      long atMillis,
      RingEnd possibleTail) {
    encoder = new PieceEncoder(replica.config().uuid(), replica.config().node(), incarnation, end);
    loggedEnd = end;
    tail = published.tailPosition();
    tailSequence = published.tailBatch();
    logged = loggedNumber;
    loggedMillis = atMillis;
    newestWhole = null;
    inheritedTail = possibleTail;
    batch = null;
    aside.clear();
    if (doubts) {
      lastPiece.begin(published, lastPosition, end);
    }
  }

  /** This node is primary no more: nothing further is appended. */
  void end() {
    lastPiece.end();
    if (batch != null) {
      batch.isVoid = true;
    }
    encoder = null;
  }

  boolean hasBegun() {
    return encoder != null;
  }

  /** Whether anything is on its way into the ring. */
  boolean isWriting() {
    return (batch != null && batch.chainsUnderWay > 0) || lastPiece.isUnderWay();
  }

  /** Whether a batch is being made; no other can begin. */
  boolean isBusy() {
    return batch != null || retryPending || !lastPiece.isDurable();
  }

  /** Whether nothing that was in the ring when this primacy began is in doubt any more. */
  boolean isKept() {
    return lastPiece.isDurable();
  }

  LastPiece lastPiece() {
    return lastPiece;
  }

  /** Number of the newest write that the log holds, with the slots read after it was durable. */
  long logged() {
    return logged;
  }

  /** The wall clock when the batch that holds it was cut, for people; 0 when not known. */
  long loggedMillis() {
    return loggedMillis;
  }

  RingEnd loggedEnd() {
    return loggedEnd;
  }

  /** The newest whole batch that this primary has appended, or null. */
  Batch newestWhole() {
    return newestWhole;
  }

  /** Where the ring may begin without a new checkpoint, when that is behind its tail; or null. */
  RingEnd possibleTail() {
    RingEnd start = newestWhole != null ? newestWhole.start : inheritedTail;
    return start != null && start.position() > tail ? start : null;
  }

  long usedBytes() {
    return hasBegun() ? (batch == null ? loggedEnd : batch.start).position() - tail : 0;
  }

  /** What the whole batch at the ring's tail takes: no checkpoint frees it while it is needed. */
  long retainedBytes() {
    return newestWhole != null && newestWhole.start.position() == tail
        ? newestWhole.endPosition - tail
        : 0;
  }

  /** Bytes of blocks in the batch under way. */
  long batchBytes() {
    return batch == null ? 0 : (long) batch.blocks.cardinality() * BlockTable.BLOCK_BYTES;
  }

  /** How fast the log is: by the last large batch, and the ones before it. */
  long bytesPerSecond() {
    return bytesPerSecond;
  }

  private void measure(Batch done) {
    long bytes = done.endPosition - done.start.position();
    if (bytes >= TELLING_BYTES) {
      long millis = Math.max(1, (replica.now() - done.begunNanos) / 1_000_000);
      bytesPerSecond = Math.max(1, (bytesPerSecond + bytes * 1000 / millis) / 2);
    }
  }

  long batches() {
    return batches;
  }

  long loggedBytes() {
    return loggedBytes;
  }

  /** The ring may begin there, once a record that says so has been published and checked. */
  void mayBeginAt(RingEnd possibleTail) {
    inheritedTail = possibleTail;
    newestWhole = null;
  }

  /** Room below the position is free from now on: a checkpoint was published, and checked. */
  void free(long position, long sequence) {
    tail = position;
    tailSequence = sequence;
    if (position == loggedEnd.position()) {
      table.kept.clear();
    }
  }

  long tail() {
    return tail;
  }

  long tailSequence() {
    return tailSequence;
  }

  private long room() {
    return layout.ringBytes() - (loggedEnd.position() - tail);
  }

  private long bytesOf(long blocks) {
    long pieces = (blocks + pieceBlocks - 1) / pieceBlocks;
    return blocks * BlockTable.BLOCK_BYTES + Math.max(1, pieces) * PieceEncoder.HEADER_BYTES;
  }

  /** Whether a batch of so many blocks fits and leaves room for one that holds the whole device. */
  boolean hasRoom(int blocks) {
    return room() - bytesOf(blocks) >= bytesOf(layout.deviceBlocks());
  }

  /** Whether a batch of so many blocks fits at all. */
  boolean fits(int blocks) {
    return room() >= bytesOf(blocks);
  }

  /**
   * Begins a batch of committed writes.
   *
   * @param from the log's end, or for a whole batch the published checkpoint
   * @param blocks the dirty set, and for a whole batch all that changed after {@code from};
   *     ownership passes
   */
  void beginFromRam(
      long view, long from, long committed, BitSet blocks, boolean whole, boolean first) {
    table.dirty.clear();
    begin(new Batch(view, from, committed, Batch.Source.RAM, loggedEnd, blocks, whole, first));
  }

  /** Begins a batch of a lone primary's pending writes up to {@code cut}. */
  void beginFromPending(long view, long from, long cut, BitSet blocks, boolean whole) {
    begin(new Batch(view, from, cut, Batch.Source.PENDING, loggedEnd, blocks, whole, false));
  }

  private void begin(Batch next) {
    encoder.rewind(next.start);
    encoder.begin(next.view, next.from, next.cut);
    next.begunNanos = replica.now();
    next.cutMillis = effects.wallClockMillis();
    encoder.stamp(next.cutMillis);
    batch = next;
    stageMore(next);
  }

  /** A committed write is about to change the block; what an unfinished batch needs is kept. */
  void beforeChange(int block) {
    if (batch == null || batch.isVoid || !batch.unstaged.get(block) || aside.holds(block)) {
      return;
    }
    if (!aside.save(block, ram)) {
      abandon();
    }
  }

  /** Makes the batch void; its blocks are dirty again. */
  void abandon() {
    if (batch == null || batch.isVoid) {
      return;
    }
    batch.isVoid = true;
    if (batch.source == Batch.Source.RAM) {
      table.dirty.or(batch.blocks);
    }
    aside.clear();
    discardIfIdle();
  }

  private void discardIfIdle() {
    if (batch != null && batch.isVoid && batch.chainsUnderWay == 0) {
      releaseHeld(batch);
      batch = null;
    }
  }

  /**
   * The view has changed and this node is still primary. A batch of pending writes is void: they
   * have not been committed and the base says so. One of committed writes counts, and is checked
   * anew.
   */
  void viewChanged() {
    if (batch == null || batch.isVoid) {
      return;
    }
    if (batch.cut > replica.view().base()) {
      abandon();
    } else if (batch.awaitsCheck) {
      check(batch);
    }
  }

  private void stageMore(Batch current) {
    while (!current.isVoid
        && current.failure == null
        && !current.allStaged
        && current.chainsUnderWay < PIECES_UNDER_WAY) {
      stagePiece(current);
    }
  }

  private void stagePiece(Batch current) {
    ByteBuffer piece = effects.acquireBuffer(ReplicaConfig.PIECE_BYTES);
    int runCount = stager.fill(current, piece);
    current.allStaged = current.unstaged.isEmpty();
    long position = encoder.encode(piece, stager.runs(), runCount, current.allStaged);
    current.staged(stager.runs(), runCount, piece, position);
    loggedBytes += piece.remaining();
    if (current.allStaged && current.hasEarlierPiece) {
      current.heldPiece = piece;
      current.heldPosition = position;
    } else {
      current.hasEarlierPiece = true;
      append(current, piece, position);
    }
  }

  /** All pieces but the last are written. */
  private void makeDurable(Batch current) {
    IoChain chain =
        new IoChain(
            "log sync",
            Lane.LOG,
            error -> {
              current.chainsUnderWay--;
              if (error != null) {
                failed(current, error);
              } else if (current == batch && !current.isVoid) {
                appendHeld(current);
              }
              afterChain(current);
            });
    current.chainsUnderWay++;
    effects.submit(chain.sync());
  }

  private void appendHeld(Batch current) {
    ByteBuffer piece = current.heldPiece;
    current.heldPiece = null;
    append(current, piece, current.heldPosition);
  }

  private void append(Batch current, ByteBuffer piece, long position) {
    boolean last = current.allStaged;
    ByteBuffer reading = last ? effects.acquireBuffer(slots.readBytes()) : null;
    long floor = slots.floor();
    IoChain chain =
        new IoChain(
            "log append",
            Lane.LOG,
            error -> {
              current.chainsUnderWay--;
              if (last) {
                // Kept until it is known to be durable.
                current.heldPiece = piece;
                current.heldPosition = position;
                slots.readDone(reading, floor, error, (e, found) -> lastWritten(current, e, found));
              } else {
                effects.releaseBuffer(piece);
                pieceWritten(current, error);
              }
            });
    int offset = 0;
    for (Layout.Span span :
        layout.ringSpans(replica.config().node(), position, piece.remaining())) {
      chain.write(span.offsetBytes(), piece.slice(offset, (int) span.lengthBytes()));
      offset += (int) span.lengthBytes();
    }
    if (last) {
      chain.sync();
      slots.addRead(chain, reading);
    }
    current.chainsUnderWay++;
    effects.submit(chain);
  }

  private void pieceWritten(Batch current, IOException error) {
    if (error != null) {
      failed(current, error);
    } else if (current == batch && !current.isVoid && current.failure == null) {
      stageMore(current);
      if (current.heldPiece != null && current.chainsUnderWay == 0) {
        makeDurable(current);
      }
    }
    afterChain(current);
  }

  private void lastWritten(Batch current, IOException error, Slots.Reading reading) {
    if (error != null && !current.isVoid) {
      replica.backingFailed(error);
      replica.after(RETRY_NANOS, () -> appendLastAgain(current));
      return;
    }
    releaseHeld(current);
    if (!current.isVoid) {
      current.awaitsCheck = true;
      checked(current, reading);
    }
    afterChain(current);
  }

  private void appendLastAgain(Batch current) {
    if (current != batch || current.isVoid) {
      releaseHeld(current);
    } else {
      appendHeld(current);
    }
  }

  private void check(Batch current) {
    slots.read(
        (error, reading) -> {
          if (current != batch || current.isVoid) {
            return;
          }
          if (error != null) {
            replica.backingFailed(error);
            replica.after(RETRY_NANOS, () -> recheck(current));
          } else {
            checked(current, reading);
          }
        });
  }

  private void recheck(Batch current) {
    if (current == batch && !current.isVoid && current.awaitsCheck) {
      check(current);
    }
  }

  /** The batch is durable and the slots were read after that. */
  private void checked(Batch current, Slots.Reading reading) {
    if (replica.rules().contains(Rule.SLOT_READ_WHEN_ALONE)
        && replica.views().isSuperseded(reading)) {
      // Either this node is primary no more, or a new view is on its way: viewChanged() follows.
      return;
    }
    if (current != batch || current.isVoid || !current.awaitsCheck) {
      return;
    }
    if (current.source == Batch.Source.PENDING && !replica.mayAct()) {
      return;
    }
    current.awaitsCheck = false;
    batch = null;
    aside.clear();
    logged = current.cut;
    loggedMillis = current.cutMillis;
    loggedEnd = encoder.end();
    batches++;
    current.endPosition = loggedEnd.position();
    measure(current);
    current.enter(table);
    if (current.whole) {
      newestWhole = current;
    }
    replica.logAdvanced(current);
  }

  private void failed(Batch current, IOException error) {
    replica.backingFailed(error);
    if (current.failure == null && !current.isVoid) {
      current.failure = error;
    }
  }

  private void afterChain(Batch current) {
    if (current.chainsUnderWay > 0) {
      return;
    }
    if (current.isVoid || current.failure != null) {
      releaseHeld(current);
    }
    if (current != batch) {
      return;
    }
    if (current.isVoid) {
      batch = null;
      replica.pump();
    } else if (current.failure != null) {
      if (current.source == Batch.Source.RAM) {
        table.dirty.or(current.blocks);
      }
      batch = null;
      aside.clear();
      retryPending = true;
      replica.after(
          RETRY_NANOS,
          () -> {
            retryPending = false;
            replica.pump();
          });
    }
  }

  private void releaseHeld(Batch current) {
    if (current.heldPiece != null) {
      effects.releaseBuffer(current.heldPiece);
      current.heldPiece = null;
    }
  }
}
