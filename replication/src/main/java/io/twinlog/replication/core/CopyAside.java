package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Keeps the contents, as of a batch's cut, of blocks that are overwritten before the batch has
 * taken them. There is room for the whole device, since nothing less suffices when clients write
 * faster than the log does: a batch then ends whatever they do, and they need not wait. What is not
 * touched takes no memory, and what a large batch has touched is given back after it.
 */
final class CopyAside {
  /** Kept from batch to batch, so that the usual few need no new memory. */
  private static final int KEPT_BLOCKS = 4096;

  private final Effects effects;
  private final int deviceBlocks;
  private final int limit;
  private final BitSet held = new BitSet();
  private final ByteBuffer copy = ByteBuffer.allocateDirect(BlockTable.BLOCK_BYTES);
  private int heldCount;

  /** How many blocks of the memory were used since it was mapped, at most. */
  private int used;

  /** Each block has its own place in it; null when there is none at present. */
  private RamDevice memory;

  /** {@code limit}: blocks held at the same time. */
  CopyAside(Effects effects, int deviceBlocks, int limit) {
    this.effects = effects;
    this.deviceBlocks = deviceBlocks;
    this.limit = limit;
  }

  boolean holds(int block) {
    return held.get(block);
  }

  int count() {
    return heldCount;
  }

  /** Copies the block as it is now; false when there is no room, or no memory to be had. */
  boolean save(int block, RamDevice ram) {
    if (heldCount == limit || !hasMemory()) {
      return false;
    }
    long offset = (long) block * BlockTable.BLOCK_BYTES;
    ram.read(offset, copy.clear());
    memory.write(offset, copy.flip());
    held.set(block);
    heldCount++;
    used++;
    return true;
  }

  private boolean hasMemory() {
    if (memory == null) {
      try {
        memory = effects.scratchMemory((long) deviceBlocks * BlockTable.BLOCK_BYTES);
      } catch (UncheckedIOException e) {
        return false;
      }
    }
    return true;
  }

  /** Appends the saved contents to the target and lets go of them. */
  void take(int block, ByteBuffer target) {
    int start = target.position();
    memory.read((long) block * BlockTable.BLOCK_BYTES, target.slice(start, BlockTable.BLOCK_BYTES));
    target.position(start + BlockTable.BLOCK_BYTES);
    held.clear(block);
    heldCount--;
  }

  void clear() {
    held.clear();
    heldCount = 0;
    if (used > KEPT_BLOCKS) {
      memory.close();
      memory = null;
      used = 0;
    }
  }
}
