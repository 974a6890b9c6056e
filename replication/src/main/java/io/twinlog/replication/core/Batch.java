package io.twinlog.replication.core;

import io.twinlog.blockdev.log.PieceEncoder;
import io.twinlog.blockdev.log.RingEnd;
import io.twinlog.blockdev.log.Run;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.CRC32C;

/**
 * A batch on its way into the ring: the contents, exactly as of write number {@code cut}, of every
 * block that changed in {@code (from, cut]}.
 */
final class Batch {

  /** What a batch is made of. */
  enum Source {
    /** Committed writes, from RAM; blocks overwritten meanwhile are copied aside. */
    RAM,
    /** Pending writes of a lone primary, laid over RAM, which does not change meanwhile. */
    PENDING
  }

  final long view;
  final long from;
  final long cut;
  final Source source;
  final RingEnd start;

  /** All its blocks. */
  final BitSet blocks;

  /** Its blocks that no piece has taken yet. */
  final BitSet unstaged;

  /**
   * Whether it holds every block changed after the published checkpoint, every masked one, and all
   * that those before it in the ring hold: then none of those is needed any more.
   */
  final boolean whole;

  /** Whether it is the first of a lone view: everything up to the base. */
  final boolean first;

  boolean allStaged;

  /** Whether a piece was submitted: the one that is staged next is not the only one. */
  boolean hasEarlierPiece;

  long begunNanos;

  /** Wall clock at its cut, for people only. */
  long cutMillis;

  /** Ring position behind it, once it is part of the log. */
  long endPosition;

  /** The last piece, staged and waiting for those before it to be written; or null. */
  ByteBuffer heldPiece;

  long heldPosition;
  int chainsUnderWay;

  /** It does not become part of the log; its place is used again when no chain is under way. */
  boolean isVoid;

  /** Why it failed, or null. */
  Exception failure;

  /** Durable, but the slots have not been read since, or showed another node's mark. */
  boolean awaitsCheck;

  private int[] stagedBlocks = new int[64];
  private long[] stagedAt = new long[64];
  private int[] stagedChecksums = new int[64];
  private int stagedCount;
  private final CRC32C checksum = new CRC32C();

  Batch(
      long view,
      long from,
      long cut,
      Source source,
      RingEnd start,
      BitSet blocks,
      boolean whole,
      boolean first) {
    this.view = view;
    this.from = from;
    this.cut = cut;
    this.source = source;
    this.start = start;
    this.blocks = blocks;
    this.unstaged = (BitSet) blocks.clone();
    this.whole = whole;
    this.first = first;
  }

  /**
   * Notes where a piece at this ring position has put the blocks of its runs.
   *
   * @param piece the blocks follow its header
   */
  void staged(long[] runs, int runCount, ByteBuffer piece, long piecePosition) {
    int at = PieceEncoder.HEADER_BYTES;
    long position = piecePosition + at;
    for (int i = 0; i < runCount; i++) {
      int block = (int) Run.startBlock(runs[i]);
      for (int k = 0; k < Run.count(runs[i]); k++) {
        if (Run.isZero(runs[i])) {
          note(block + k, BlockTable.LOGGED_ZERO, 0);
        } else {
          checksum.reset();
          checksum.update(piece.slice(at, BlockTable.BLOCK_BYTES));
          note(block + k, position, (int) checksum.getValue());
          at += BlockTable.BLOCK_BYTES;
          position += BlockTable.BLOCK_BYTES;
        }
      }
    }
  }

  private void note(int block, long position, int blockChecksum) {
    if (stagedCount == stagedBlocks.length) {
      stagedBlocks = Arrays.copyOf(stagedBlocks, stagedCount * 2);
      stagedAt = Arrays.copyOf(stagedAt, stagedCount * 2);
      stagedChecksums = Arrays.copyOf(stagedChecksums, stagedCount * 2);
    }
    stagedBlocks[stagedCount] = block;
    stagedChecksums[stagedCount] = blockChecksum;
    stagedAt[stagedCount++] = position;
  }

  /** It is part of the log: its contents are the newest logged ones. */
  void enter(BlockTable table) {
    for (int i = 0; i < stagedCount; i++) {
      table.loggedAt[stagedBlocks[i]] = stagedAt[i];
      table.loggedChecksum[stagedBlocks[i]] = stagedChecksums[i];
    }
    table.owed.or(blocks);
    table.kept.or(blocks);
  }
}
