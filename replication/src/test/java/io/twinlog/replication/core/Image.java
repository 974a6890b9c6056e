package io.twinlog.replication.core;

import java.util.Arrays;

/** The device's content at one moment; images share the blocks in which they do not differ. */
final class Image {
  private static final int BLOCK = BlockTable.BLOCK_BYTES;
  private static final byte[] ZEROS = new byte[BLOCK];

  private final byte[][] blocks;

  private Image(byte[][] blocks) {
    this.blocks = blocks;
  }

  static Image zeros(int blocks) {
    byte[][] all = new byte[blocks][];
    Arrays.fill(all, ZEROS);
    return new Image(all);
  }

  /** The content after the write. */
  Image with(SimRequest write) {
    byte[][] next = blocks.clone();
    int end = BlockTable.endBlock(write);
    for (int block = BlockTable.firstBlock(write); block < end; block++) {
      next[block] = next[block].clone();
      write.applyTo(next[block], (long) block * BLOCK);
    }
    return new Image(next);
  }

  /** The first byte in which {@code ram} differs within {@code [from, to)}, or -1. */
  int mismatch(byte[] ram, int from, int to) {
    int at = from;
    while (at < to) {
      int block = at / BLOCK;
      int end = Math.min(to, (block + 1) * BLOCK);
      int differs =
          Arrays.mismatch(ram, at, end, blocks[block], at - block * BLOCK, end - block * BLOCK);
      if (differs >= 0) {
        return at + differs;
      }
      at = end;
    }
    return -1;
  }

  /** Whether the bytes at {@code place} are the block's content. */
  boolean holds(int block, byte[] bytes, int place) {
    return Arrays.equals(blocks[block], 0, BLOCK, bytes, place, place + BLOCK);
  }

  boolean isZero(int block) {
    return Arrays.equals(blocks[block], ZEROS);
  }
}
