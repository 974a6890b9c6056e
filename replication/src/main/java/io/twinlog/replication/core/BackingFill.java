package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * The target's part in a resync that takes blocks from the backing: for each block of a piece the
 * primary says what it is as of that place in the stream, by a digest; what the data area has there
 * is a guess, and taken when it has that digest. Checkpoints, late in-place writes, stale copies
 * and torn reads make wrong guesses and nothing worse.
 *
 * <ul>
 *   <li>A block that a live write has changed since its digest came is not taken: the digest is of
 *       what it was before. Nor is one that is not unknown any more: the primary has sent it.
 *   <li>What is not taken is asked for, and the primary sends it as any other block. Until then,
 *       and until what was read is in RAM, a block stays unknown ({@link StartingPoint}).
 *   <li>An answer that never comes, for the backing hangs, holds nothing up: the primary sends what
 *       it has heard nothing of when it has nothing else to send.
 *   <li>Each piece is of one resync: what is read when that has ended is dropped.
 * </ul>
 */
final class BackingFill {
  /** Of a piece: one answer has a bit for each. */
  static final int MOST_BLOCKS = Long.SIZE;

  static final int READS_UNDER_WAY = 4;

  /** More than a primary has under way. */
  private static final int MOST_PIECES = 256;

  /** Blocks that are looked for. */
  private static final class Piece {
    final int first;
    final int blocks;
    final byte[] digests;

    /** Which of them a live write has changed since. */
    long written;

    Piece(int first, int blocks, byte[] digests) {
      this.first = first;
      this.blocks = blocks;
      this.digests = digests;
    }
  }

  private final Replica replica;
  private final Effects effects;
  private final BlockTable table;
  private final RamDevice ram;
  private final RamRecord record;
  private final SyncMeter meter;
  private final BlockDigests digests = new BlockDigests();

  /** All that are not answered. */
  private final ArrayDeque<Piece> pieces = new ArrayDeque<>();

  /** Those of them that are not being read. */
  private final ArrayDeque<Piece> waiting = new ArrayDeque<>();

  private Link link;
  private long view;

  /** Grows with every begin and end, so that late completions are known as such. */
  private long round;

  /** Those of earlier resyncs, too: each has a buffer. */
  private int readsUnderWay;

  BackingFill(
      Replica replica,
      Effects effects,
      BlockTable table,
      RamDevice ram,
      RamRecord record,
      SyncMeter meter) {
    this.replica = replica;
    this.effects = effects;
    this.table = table;
    this.ram = ram;
    this.record = record;
    this.meter = meter;
  }

  /** A resync begins; its digests have this seed. */
  void begin(Link from, long ofView, long seed) {
    end();
    link = from;
    view = ofView;
    digests.begin(seed);
  }

  void end() {
    round++;
    pieces.clear();
    waiting.clear();
  }

  /** The primary says what the blocks from this one on are. */
  void look(int first, ByteBuf ofBlocks) {
    int blocks = ofBlocks.readableBytes() / BlockDigests.BYTES;
    byte[] copy = new byte[blocks * BlockDigests.BYTES];
    ofBlocks.getBytes(ofBlocks.readerIndex(), copy);
    Piece piece = new Piece(first, blocks, copy);
    if (pieces.size() == MOST_PIECES) {
      answer(piece, all(blocks));
      return;
    }
    pieces.add(piece);
    waiting.add(piece);
    readNext();
  }

  private static long all(int blocks) {
    return -1L >>> (MOST_BLOCKS - blocks);
  }

  /** A live write has changed these blocks. */
  void written(int first, int end) {
    for (Piece piece : pieces) {
      int from = Math.max(first, piece.first) - piece.first;
      int to = Math.min(end, piece.first + piece.blocks) - piece.first;
      if (from < to) {
        piece.written |= all(to - from) << from;
      }
    }
  }

  private void readNext() {
    while (readsUnderWay < READS_UNDER_WAY && !waiting.isEmpty()) {
      read(waiting.remove());
    }
  }

  private void read(Piece piece) {
    ByteBuffer buffer = effects.acquireBuffer(piece.blocks * BlockTable.BLOCK_BYTES);
    long mine = round;
    IoChain chain =
        new IoChain(
            "resync read",
            Lane.DATA,
            error -> {
              readsUnderWay--;
              if (mine == round) {
                pieces.remove(piece);
                answer(piece, error == null ? take(piece, buffer) : failed(piece, error));
              }
              effects.releaseBuffer(buffer);
              readNext();
            });
    chain.read((long) piece.first * BlockTable.BLOCK_BYTES, buffer);
    readsUnderWay++;
    effects.submit(chain);
  }

  private long failed(Piece piece, IOException error) {
    replica.backingFailed(error);
    return all(piece.blocks);
  }

  /** Takes what is right; returns which blocks are missing. */
  private long take(Piece piece, ByteBuffer found) {
    ByteBuffer wanted = ByteBuffer.wrap(piece.digests);
    long missing = 0;
    int taken = 0;
    for (int i = 0; i < piece.blocks; i++) {
      int block = piece.first + i;
      ByteBuffer content = digests.copyOf(found);
      boolean equal = digests.isCopyOf(wanted.getLong(), wanted.getLong());
      if (table.lastChanged[block] != BlockTable.UNKNOWN) {
        continue;
      }
      if (isRight(equal, (piece.written & 1L << i) != 0)) {
        ram.write((long) block * BlockTable.BLOCK_BYTES, content);
        record.order();
        table.changed(block, replica.number());
        taken++;
      } else {
        missing |= 1L << i;
      }
    }
    meter.fromBacking((long) taken * BlockTable.BLOCK_BYTES);
    return missing;
  }

  private boolean isRight(boolean equal, boolean written) {
    return (equal || !replica.rules().contains(Rule.TAKE_WHAT_MATCHES))
        && !(written && replica.rules().contains(Rule.LIVE_WRITE_BEFORE_BACKING));
  }

  private void answer(Piece piece, long missing) {
    long offset = (long) piece.first * BlockTable.BLOCK_BYTES;
    link.out.control(new PeerControl.DigestAnswer(view, offset, piece.blocks, missing));
  }
}
