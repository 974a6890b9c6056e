package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.PieceEncoder;
import io.twinlog.blockdev.log.Run;
import java.nio.ByteBuffer;

/**
 * Fills the pieces of a batch with blocks as of its cut: from RAM, from what was copied aside
 * before it was overwritten, and with a lone primary's pending writes laid over. Blocks of zeros
 * take no room.
 */
final class BatchStager {
  /** Blocks looked at for one piece, zeros included, so that staging never holds the loop long. */
  private static final int BLOCKS_PER_PIECE = 256;

  private final RequestQueue pending;
  private final RamDevice ram;
  private final CopyAside aside;
  private final int pieceBlocks;
  private final long[] runs = new long[PieceEncoder.MAX_RUNS];

  /** {@code pieceBlocks}: data blocks of a piece at most. */
  BatchStager(RequestQueue pending, RamDevice ram, CopyAside aside, int pieceBlocks) {
    this.pending = pending;
    this.ram = ram;
    this.aside = aside;
    this.pieceBlocks = pieceBlocks;
  }

  /** The runs of the piece last filled. */
  long[] runs() {
    return runs;
  }

  /** Puts blocks behind the header's place and describes them in {@link #runs}; tells how many. */
  int fill(Batch current, ByteBuffer piece) {
    piece.clear().position(PieceEncoder.HEADER_BYTES);
    int runCount = 0;
    int dataBlocks = 0;
    int block = current.unstaged.nextSetBit(0);
    for (int seen = 0;
        block >= 0
            && seen < BLOCKS_PER_PIECE
            && dataBlocks < pieceBlocks
            && runCount < PieceEncoder.MAX_RUNS;
        seen++) {
      int start = piece.position();
      putBlock(current, block, piece);
      boolean zero = isZero(piece, start);
      if (zero) {
        piece.position(start);
      } else {
        dataBlocks++;
      }
      runCount = addRun(runCount, block, zero);
      current.unstaged.clear(block);
      block = current.unstaged.nextSetBit(block + 1);
    }
    return runCount;
  }

  private int addRun(int runCount, int block, boolean zero) {
    if (runCount > 0) {
      long last = runs[runCount - 1];
      int count = Run.count(last);
      if (Run.isZero(last) == zero && Run.startBlock(last) + count == block) {
        long start = Run.startBlock(last);
        runs[runCount - 1] = zero ? Run.zero(start, count + 1) : Run.data(start, count + 1);
        return runCount;
      }
    }
    runs[runCount] = zero ? Run.zero(block, 1) : Run.data(block, 1);
    return runCount + 1;
  }

  private static boolean isZero(ByteBuffer piece, int start) {
    for (int i = start; i < start + BlockTable.BLOCK_BYTES; i += Long.BYTES) {
      if (piece.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private void putBlock(Batch current, int block, ByteBuffer piece) {
    int start = piece.position();
    if (aside.holds(block)) {
      aside.take(block, piece);
      return;
    }
    long offset = (long) block * BlockTable.BLOCK_BYTES;
    ram.read(offset, piece.slice(start, BlockTable.BLOCK_BYTES));
    piece.position(start + BlockTable.BLOCK_BYTES);
    if (current.source == Batch.Source.PENDING) {
      PendingWrites.lay(pending, current.cut, offset, BlockTable.BLOCK_BYTES, piece, start);
    }
  }
}
