package io.twinlog.blockdev.log;

import java.util.Arrays;

/** The runs of an intact batch, in the order of its pieces, and where their contents are. */
public final class LoggedRuns {

  /** Instead of a position: the run is zeros. */
  public static final long ZERO = -1;

  private final long startPosition;
  private final long[] runs;

  /** Blocks from the batch's start to the run's data; negative for zeros. */
  private final int[] dataBlocks;

  /** For each run of data, the index of its first block's checksum. */
  private final int[] checksumAt;

  /** CRC32C of each data block. */
  private final int[] checksums;

  private LoggedRuns(
      long startPosition, long[] runs, int[] dataBlocks, int[] checksumAt, int[] checksums) {
    this.startPosition = startPosition;
    this.runs = runs;
    this.dataBlocks = dataBlocks;
    this.checksumAt = checksumAt;
    this.checksums = checksums;
  }

  public int size() {
    return runs.length;
  }

  /** The run, to be taken apart by {@link Run}. */
  public long run(int index) {
    return runs[index];
  }

  /** Ring position of the run's contents, consecutive blocks; or {@link #ZERO}. */
  public long dataPosition(int index) {
    int blocks = dataBlocks[index];
    return blocks < 0 ? ZERO : startPosition + (long) blocks * Layout.BLOCK_BYTES;
  }

  /** CRC32C of the {@code k}th block of a run of data. */
  public int checksum(int index, int k) {
    return checksums[checksumAt[index] + k];
  }

  /** Collects the runs of one batch after the other. */
  static final class Builder {
    private long[] runs = new long[64];
    private int[] dataBlocks = new int[64];
    private int[] checksumAt = new int[64];
    private int[] checksums = new int[64];
    private int size;
    private int blocks;
    private int checksumCount;

    void add(long run, long offsetInBatchBytes) {
      if (size == runs.length) {
        runs = Arrays.copyOf(runs, 2 * size);
        dataBlocks = Arrays.copyOf(dataBlocks, 2 * size);
        checksumAt = Arrays.copyOf(checksumAt, 2 * size);
      }
      runs[size] = run;
      dataBlocks[size] =
          Run.isZero(run) ? -1 : Math.toIntExact(offsetInBatchBytes / Layout.BLOCK_BYTES);
      checksumAt[size] = blocks;
      blocks += Run.dataBlocks(run);
      size++;
    }

    /** The next data block's, in the order of the runs. */
    void addChecksum(int checksum) {
      if (checksumCount == checksums.length) {
        checksums = Arrays.copyOf(checksums, 2 * checksumCount);
      }
      checksums[checksumCount++] = checksum;
    }

    LoggedRuns take(long startPosition) {
      LoggedRuns taken =
          new LoggedRuns(
              startPosition,
              Arrays.copyOf(runs, size),
              Arrays.copyOf(dataBlocks, size),
              Arrays.copyOf(checksumAt, size),
              Arrays.copyOf(checksums, checksumCount));
      size = 0;
      blocks = 0;
      checksumCount = 0;
      return taken;
    }
  }
}
