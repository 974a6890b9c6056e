package io.twinlog.deploy.nemesis.history;

import java.util.Arrays;

/**
 * A write and the reads that saw it: when the first of these operations was answered, for the write
 * had happened then, in all its blocks; and block by block, when the last of them was invoked.
 */
final class Cluster {

  private final String write;
  private final int firstBlock;
  private final long[] lastInvoked;
  private long firstAnswered;

  private Cluster(String write, int firstBlock, int blocks, long invokedNanos, long answeredNanos) {
    this.write = write;
    this.firstBlock = firstBlock;
    this.lastInvoked = new long[blocks];
    this.firstAnswered = answeredNanos;
    Arrays.fill(lastInvoked, invokedNanos);
  }

  static Cluster of(Operation write) {
    return new Cluster(
        write.text(),
        write.firstBlock(),
        write.values().length,
        write.invokedNanos(),
        write.answeredNanos());
  }

  /** The zeros with which everything begins. */
  static Cluster initial(int firstBlock, int blocks) {
    return new Cluster("the zeros", firstBlock, blocks, Long.MIN_VALUE, Long.MIN_VALUE + 1);
  }

  void readIn(int block, Operation read) {
    int i = block - firstBlock;
    firstAnswered = Math.min(firstAnswered, read.answeredNanos());
    lastInvoked[i] = Math.max(lastInvoked[i], read.invokedNanos());
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
      if (firstAnswered < other.lastInvoked[block - other.firstBlock]) {
        return block;
      }
    }
    return -1;
  }

  @Override
  public String toString() {
    return write;
  }
}
