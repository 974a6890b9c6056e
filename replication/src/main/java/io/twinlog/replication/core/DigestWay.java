package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.twinlog.blockdev.RamDevice;
import java.util.BitSet;

/**
 * The source's part in a resync that takes blocks from the backing ({@link BackingFill}): which
 * blocks the target looks for there, and whether that is worth it. This way begins at the first
 * block and the link's at the last, each with a window of its own; so the quicker one gets further.
 * A block goes this way once at most.
 *
 * <p>It rests for a while when the link is so much quicker that it does not help, or when too
 * little is found: reading costs whoever else uses the backing. Then it tries again.
 */
final class DigestWay {
  static final long REST_NANOS = 2_000_000_000L;
  static final long SAMPLE_NANOS = 250_000_000L;

  /** It does not help when the link brings so many times as much as is found. */
  private static final int MUCH_QUICKER = 8;

  /** Of so many blocks at least one is to be found. */
  private static final int LOOKED_PER_FOUND = 4;

  /** After a silence of this length nothing moves at the target. */
  private static final long STILL_NANOS = 100_000_000L;

  private final RamDevice ram;
  private final ResyncSizes sizes;
  private final BlockDigests digests = new BlockDigests();
  private final PooledByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;

  /** Whose digests are sent, and which are neither found nor sent since. */
  private final BitSet asked = new BitSet();

  private int askedBlocks;
  private boolean wanted;
  private int cursor;
  private long notBeforeNanos;
  private long answeredNanos;

  /** Since the blocks found were last compared with those looked for. */
  private int lookedBlocks;

  private int foundBlocks;

  /** Since both ways were last compared; blocks were being looked for all the time. */
  private long sampleSinceNanos;

  private long sampleLinkBytes;
  private long sampleFoundBytes;

  DigestWay(RamDevice ram, ResyncSizes sizes) {
    this.ram = ram;
    this.sizes = sizes;
  }

  /**
   * A resync begins.
   *
   * @param want whether blocks may go this way
   * @param seed of the digests
   */
  void begin(boolean want, long seed, long nowNanos) {
    end();
    wanted = want;
    digests.begin(seed);
    cursor = 0;
    notBeforeNanos = nowNanos;
    answeredNanos = nowNanos;
    lookedBlocks = 0;
    foundBlocks = 0;
    beginSample(nowNanos);
  }

  void end() {
    wanted = false;
    asked.clear();
    askedBlocks = 0;
  }

  /** Whether nothing is being looked for. */
  boolean isSettled() {
    return askedBlocks == 0;
  }

  /** Whether the target is at it, and does not merely wait for a backing that hangs. */
  boolean isMoving(long nowNanos) {
    return askedBlocks > 0 && nowNanos - answeredNanos < STILL_NANOS;
  }

  boolean maySend(boolean busy, long nowNanos) {
    return wanted
        && nowNanos - notBeforeNanos >= 0
        && askedBlocks + sizes.digestBlocks(busy) <= sizes.digestWindowBlocks(busy);
  }

  /** The first block that is to go this way; -1 when there is none. */
  int next(BitSet toSend) {
    return toSend.nextSetBit(cursor);
  }

  /** The blocks before this one that were to go this way have gone it. */
  void passed(int end) {
    cursor = end;
  }

  /** The digests of these blocks, which are looked for from now on. */
  ByteBuf ask(int first, int end, long nowNanos) {
    if (askedBlocks == 0) {
      answeredNanos = nowNanos;
    }
    int bytes = (end - first) * BlockDigests.BYTES;
    ByteBuf out = allocator.directBuffer(bytes, bytes);
    for (int block = first; block < end; block++) {
      digests.append(ram, block, out);
    }
    asked.set(first, end);
    askedBlocks += end - first;
    return out;
  }

  /**
   * The target has looked for some blocks; those that it has not found, and that were not sent
   * since, are to be sent.
   *
   * @return how many were found
   */
  int answered(PeerControl.DigestAnswer answer, BitSet toSend, long nowNanos) {
    int first = (int) (answer.offset() / BlockTable.BLOCK_BYTES);
    int found = 0;
    for (int i = 0; i < answer.blocks(); i++) {
      int block = first + i;
      if (!asked.get(block)) {
        continue;
      }
      asked.clear(block);
      askedBlocks--;
      lookedBlocks++;
      if ((answer.missing() & 1L << i) != 0) {
        toSend.set(block);
      } else {
        found++;
      }
    }
    foundBlocks += found;
    sampleFoundBytes += (long) found * BlockTable.BLOCK_BYTES;
    answeredNanos = nowNanos;
    if (lookedBlocks >= sizes.digestWindowBlocks(false)) {
      if (foundBlocks * LOOKED_PER_FOUND < lookedBlocks) {
        rest(nowNanos);
      }
      lookedBlocks = 0;
      foundBlocks = 0;
    }
    return found;
  }

  /** The end of the last blocks that are being looked for: the target comes to them last. */
  int askedEnd() {
    return asked.length();
  }

  /**
   * Blocks that are being looked for are to be sent after all: some of those before {@code end}.
   *
   * @return the first of them
   */
  int takeBack(int end, boolean busy) {
    int first = Math.max(asked.previousClearBit(end - 1) + 1, end - sizes.pieceBlocks(busy));
    asked.clear(first, end);
    askedBlocks -= end - first;
    return first;
  }

  /** The target has taken in so much of what the link brings. */
  void linkBrought(long bytes) {
    sampleLinkBytes += bytes;
  }

  /** At each turn's end: compares both ways now and then. */
  void measure(long nowNanos) {
    if (askedBlocks == 0) {
      beginSample(nowNanos);
    } else if (nowNanos - sampleSinceNanos >= SAMPLE_NANOS) {
      if (sampleFoundBytes * MUCH_QUICKER < sampleLinkBytes) {
        rest(nowNanos);
      }
      beginSample(nowNanos);
    }
  }

  private void beginSample(long nowNanos) {
    sampleSinceNanos = nowNanos;
    sampleLinkBytes = 0;
    sampleFoundBytes = 0;
  }

  private void rest(long nowNanos) {
    notBeforeNanos = nowNanos + REST_NANOS;
  }
}
