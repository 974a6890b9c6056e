package io.twinlog.blockdev.log;

import java.util.BitSet;

/**
 * For every block of the device, where its newest content that counts is: in a ring, known to be
 * zeros by a ring, or in the data area. Twelve bytes per block.
 */
public final class NewestContents {

  // A ring position is a multiple of 4096, so its low bits are free.
  private static final long LOGGED = 1;
  private static final long NODE_1 = 2;
  private static final long ZERO = 4;
  private static final long POSITION = -Layout.BLOCK_BYTES;

  private final long[] blocks;
  private final int[] checksums;

  NewestContents(int deviceBlocks) {
    blocks = new long[deviceBlocks];
    checksums = new int[deviceBlocks];
  }

  /** Puts a batch on top of what is there. */
  void put(LoggedBatch batch) {
    long tag = LOGGED | (batch.node() == 1 ? NODE_1 : 0);
    LoggedRuns runs = batch.runs();
    for (int i = 0; i < runs.size(); i++) {
      long run = runs.run(i);
      int start = (int) Run.startBlock(run);
      for (int k = 0; k < Run.count(run); k++) {
        blocks[start + k] =
            Run.isZero(run)
                ? tag | ZERO
                : tag | (runs.dataPosition(i) + (long) k * Layout.BLOCK_BYTES);
        checksums[start + k] = Run.isZero(run) ? 0 : runs.checksum(i, k);
      }
    }
  }

  /** How many blocks the device has. */
  public int size() {
    return blocks.length;
  }

  /** Whether the block's content is in the data area; else a ring has something newer. */
  public boolean isInDataArea(int block) {
    return blocks[block] == 0;
  }

  /** Whether a ring says that the block is zeros. */
  public boolean isZero(int block) {
    return (blocks[block] & ZERO) != 0;
  }

  /** The node whose ring has the block; {@link View#NO_NODE} when the data area has it. */
  public int ringNode(int block) {
    if (isInDataArea(block)) {
      return View.NO_NODE;
    }
    return (blocks[block] & NODE_1) == 0 ? 0 : 1;
  }

  /** Ring position of the block's content, of a block that is neither zero nor in the data area. */
  public long ringPosition(int block) {
    if (isInDataArea(block) || isZero(block)) {
      throw new IllegalArgumentException("no ring holds the content of block " + block);
    }
    return blocks[block] & POSITION;
  }

  /** CRC32C of the content that {@link #ringPosition} tells the place of. */
  public int checksum(int block) {
    return checksums[block];
  }

  /** The blocks whose newest content is not in the data area. */
  public BitSet logged() {
    BitSet logged = new BitSet(blocks.length);
    for (int block = 0; block < blocks.length; block++) {
      logged.set(block, blocks[block] != 0);
    }
    return logged;
  }

  /**
   * The blocks whose newest content only the other node's ring has: what a new primary that loads
   * from the backing logs again before any other append (design, section 4).
   */
  public BitSet notInRingOf(int node) {
    BitSet missing = logged();
    for (int block = 0; block < blocks.length; block++) {
      if (ringNode(block) == node) {
        missing.clear(block);
      }
    }
    return missing;
  }
}
