package io.twinlog.blockdev.log;

/**
 * Consecutive blocks of the device with contents or with zeros, packed into a {@code long}: start
 * block (40 bits), zero flag (1 bit), count (23 bits).
 */
public final class Run {

  /** The most blocks of one run. */
  public static final int MAX_COUNT = (1 << 23) - 1;

  private static final long MAX_START = (1L << 40) - 1;
  private static final int START_SHIFT = 24;
  private static final long ZERO_FLAG = 1L << 23;

  private Run() {}

  /** Blocks whose contents are in the batch; {@code count} at most {@link #MAX_COUNT}. */
  public static long data(long startBlock, int count) {
    return pack(startBlock, count);
  }

  /** Blocks that read as zeros. */
  public static long zero(long startBlock, int count) {
    return pack(startBlock, count) | ZERO_FLAG;
  }

  public static long startBlock(long run) {
    return run >>> START_SHIFT;
  }

  public static boolean isZero(long run) {
    return (run & ZERO_FLAG) != 0;
  }

  public static int count(long run) {
    return (int) (run & MAX_COUNT);
  }

  /** How many blocks of contents the run brings: its count, or 0 when it is zeros. */
  public static int dataBlocks(long run) {
    return isZero(run) ? 0 : count(run);
  }

  private static long pack(long startBlock, int count) {
    if (startBlock < 0 || startBlock > MAX_START || count < 1 || count > MAX_COUNT) {
      throw new IllegalArgumentException("no run: " + count + " blocks from " + startBlock);
    }
    return startBlock << START_SHIFT | count;
  }
}
