package io.twinlog.deploy.nemesis.history;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A write and the reads that saw it: when the first of these operations was answered, for the write
 * had happened then, in all its blocks; and block by block, when the last of them was invoked.
 */
final class Cluster {

  private final String write;
  private final int firstBlock;
  private final long invoked;
  private final long deadline;
  private final long[] lastInvoked;
  private long firstAnswered;

  private Cluster(
      String write,
      int firstBlock,
      int blocks,
      long invokedNanos,
      long answeredNanos,
      long deadlineNanos) {
    this.write = write;
    this.firstBlock = firstBlock;
    this.lastInvoked = new long[blocks];
    this.invoked = invokedNanos;
    this.firstAnswered = answeredNanos;
    this.deadline = deadlineNanos;
    Arrays.fill(lastInvoked, invokedNanos);
  }

  /**
   * All of them, by the values of the writes.
   *
   * @param group operations of blocks that depend on one another
   * @param reads those of the group that count; each saw what was written there
   * @param deadlines of the writes that were not answered
   */
  static Map<Long, Cluster> all(List<Operation> group, List<Operation> reads, Deadlines deadlines) {
    Map<Long, Cluster> clusters = new TreeMap<>();
    int first = group.stream().mapToInt(Operation::firstBlock).min().orElseThrow();
    int end = group.stream().mapToInt(Operation::endBlock).max().orElseThrow();
    clusters.put(Content.ZERO, initial(first, end - first));
    for (Operation write : group) {
      if (write.isWrite()) {
        clusters.put(write.values()[0], of(write, deadlines.of(write)));
      }
    }
    for (Operation read : reads) {
      for (int block = read.firstBlock(); block < read.endBlock(); block++) {
        clusters.get(read.value(block)).readIn(block, read);
      }
    }
    return clusters;
  }

  private static Cluster of(Operation write, long deadline) {
    return new Cluster(
        write.text(),
        write.firstBlock(),
        write.values().length,
        write.invokedNanos(),
        write.answeredNanos(),
        deadline);
  }

  /** The zeros with which everything begins. */
  private static Cluster initial(int firstBlock, int blocks) {
    long first = Long.MIN_VALUE;
    return new Cluster("the zeros", firstBlock, blocks, first, first + 1, first + 1);
  }

  private void readIn(int block, Operation read) {
    int i = block - firstBlock;
    firstAnswered = Math.min(firstAnswered, Math.min(read.answeredNanos(), deadline));
    lastInvoked[i] = Math.max(lastInvoked[i], read.invokedNanos());
  }

  /** When the write was invoked. */
  long invoked() {
    return invoked;
  }

  /** When it had happened at the latest, or {@link Operation#NEVER}. */
  long firstAnswered() {
    return firstAnswered;
  }

  boolean hasHappened() {
    return firstAnswered != Operation.NEVER;
  }

  boolean covers(int block) {
    return block >= firstBlock && block < firstBlock + lastInvoked.length;
  }

  /** A block in which this has to come before the other, or -1. */
  int blockBefore(Cluster other) {
    int end =
        Math.min(firstBlock + lastInvoked.length, other.firstBlock + other.lastInvoked.length);
    for (int block = Math.max(firstBlock, other.firstBlock); block < end; block++) {
      if (isBeforeIn(block, other)) {
        return block;
      }
    }
    return -1;
  }

  /** Whether this has to come before the other because of what happened to a block of both. */
  boolean isBeforeIn(int block, Cluster other) {
    return firstAnswered < other.lastInvoked[block - other.firstBlock];
  }

  @Override
  public String toString() {
    return write;
  }
}
