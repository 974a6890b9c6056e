package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps the contents, as of a batch's cut, of blocks that are overwritten before the batch has
 * taken them: a fixed pool of blocks outside the heap.
 */
final class CopyAside {
  private final ByteBuffer pool;
  private final int[] free;
  private int freeCount;
  private final Map<Integer, Integer> placeOf = new HashMap<>();

  CopyAside(int blocks) {
    pool = ByteBuffer.allocateDirect(Math.multiplyExact(blocks, BlockTable.BLOCK_BYTES));
    free = new int[blocks];
    clear();
  }

  boolean isFull() {
    return freeCount == 0;
  }

  boolean holds(int block) {
    return placeOf.containsKey(block);
  }

  /** Copies the block as it is now; the pool must not be full. */
  void save(int block, RamDevice ram) {
    int place = free[--freeCount];
    placeOf.put(block, place);
    ram.read((long) block * BlockTable.BLOCK_BYTES, slice(place));
  }

  /** Appends the saved contents to the target and lets go of them. */
  void take(int block, ByteBuffer target) {
    int place = placeOf.remove(block);
    target.put(slice(place));
    free[freeCount++] = place;
  }

  void clear() {
    placeOf.clear();
    freeCount = free.length;
    for (int i = 0; i < free.length; i++) {
      free[i] = i;
    }
  }

  private ByteBuffer slice(int place) {
    return pool.slice(place * BlockTable.BLOCK_BYTES, BlockTable.BLOCK_BYTES);
  }
}
