package io.twinlog.replication.core;

import io.twinlog.blockdev.BlockRequest;
import java.util.Arrays;
import java.util.BitSet;

/**
 * What the replica knows of each 4096-byte block. The secondary keeps {@link #lastChanged} alone;
 * the rest means something while this node is primary and has surveyed the backing.
 */
final class BlockTable {
  static final int BLOCK_BYTES = 4096;

  /** {@link #loggedAt}: no content in this node's ring. */
  static final long NOT_LOGGED = -1;

  /** {@link #loggedAt}: the content in this node's ring is all zeros and takes no room. */
  static final long LOGGED_ZERO = -2;

  /** {@link #lastChanged}: the block's content is unknown, until a resync has sent it. */
  static final long UNKNOWN = Long.MAX_VALUE;

  final int blocks;

  /**
   * Number of the last committed write that changed the block, or of a later one: of that as of
   * which its content was loaded, or came in a resync.
   */
  final long[] lastChanged;

  /** Ring position of the block's newest content in a batch of this node's ring that counts. */
  final long[] loggedAt;

  /** CRC32C of the content at {@link #loggedAt}, when that is a ring position. */
  final int[] loggedChecksum;

  /** Changed by a committed write after the newest batch was cut. */
  final BitSet dirty;

  /** In a batch that counts, and perhaps not yet in the data area. */
  final BitSet owed;

  /** A superseded incarnation may still write the block in place (design, section 4). */
  final BitSet masked;

  /** In this node's ring since its tail, perhaps: a whole batch that replaces them holds all. */
  final BitSet kept;

  /** The peer's copy is known to differ: a verify has found that, and no resync has sent it yet. */
  final BitSet outOfSync;

  private final RamRecord record;

  BlockTable(long deviceBytes, RamRecord record) {
    this.record = record;
    blocks = Math.toIntExact(deviceBytes / BLOCK_BYTES);
    lastChanged = new long[blocks];
    loggedAt = new long[blocks];
    loggedChecksum = new int[blocks];
    dirty = new BitSet(blocks);
    owed = new BitSet(blocks);
    masked = new BitSet(blocks);
    kept = new BitSet(blocks);
    outOfSync = new BitSet(blocks);
    Arrays.fill(loggedAt, NOT_LOGGED);
  }

  /** Notes the write that changed the block, or as of which its content is known. */
  void changed(int block, long number) {
    lastChanged[block] = number;
    record.lastChanged(block, number);
  }

  /** Takes over what the record says of RAM that has outlived its process. */
  void restore() {
    for (int block = 0; block < blocks; block++) {
      lastChanged[block] = record.lastChanged(block);
    }
  }

  /** The content of these blocks is unknown from now on. */
  void unknown(int first, int end) {
    for (int block = first; block < end; block++) {
      changed(block, UNKNOWN);
    }
  }

  long deviceBytes() {
    return (long) blocks * BLOCK_BYTES;
  }

  static int firstBlock(BlockRequest request) {
    return (int) (request.offsetBytes() / BLOCK_BYTES);
  }

  /** The block after the request's last. */
  static int endBlock(BlockRequest request) {
    return endBlock(request.offsetBytes(), request.lengthBytes());
  }

  static int endBlock(long offset, long length) {
    return (int) ((offset + length + BLOCK_BYTES - 1) / BLOCK_BYTES);
  }

  /** Forgets what was known of the backing, before it is surveyed anew. */
  void forgetBacking() {
    Arrays.fill(loggedAt, NOT_LOGGED);
    dirty.clear();
    owed.clear();
    masked.clear();
    kept.clear();
  }

  /** The blocks that may have changed after the write. */
  BitSet changedAfter(long number) {
    BitSet changed = new BitSet(blocks);
    for (int block = 0; block < blocks; block++) {
      if (lastChanged[block] > number) {
        changed.set(block);
      }
    }
    return changed;
  }

  /** A member's copy has no such block. */
  boolean hasUnknown() {
    for (int block = 0; block < blocks; block++) {
      if (lastChanged[block] == UNKNOWN) {
        return true;
      }
    }
    return false;
  }

  /** Marks every block dirty that changed after the write that the log reaches. */
  void dirtyAfter(long logged) {
    dirty.or(changedAfter(logged));
  }
}
