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

  private LoggedRuns(long startPosition, long[] runs, int[] dataBlocks) {
    this.startPosition = startPosition;
    this.runs = runs;
    this.dataBlocks = dataBlocks;
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

  /** Collects the runs of one batch after the other. */
  static final class Builder {
    private long[] runs = new long[64];
    private int[] dataBlocks = new int[64];
    private int size;

    void add(long run, long offsetInBatchBytes) {
      if (size == runs.length) {
        runs = Arrays.copyOf(runs, 2 * size);
        dataBlocks = Arrays.copyOf(dataBlocks, 2 * size);
      }
      runs[size] = run;
      dataBlocks[size] =
          Run.isZero(run) ? -1 : Math.toIntExact(offsetInBatchBytes / Layout.BLOCK_BYTES);
      size++;
    }

    LoggedRuns take(long startPosition) {
      LoggedRuns taken =
          new LoggedRuns(startPosition, Arrays.copyOf(runs, size), Arrays.copyOf(dataBlocks, size));
      size = 0;
      return taken;
    }
  }
}
