package io.twinlog.blockdev.log;

import java.util.BitSet;

/**
 * An intact batch of a ring: the contents, exactly as of write number {@code cut}, of every block
 * that changed after write number {@code from}. Whether it counts is for the chosen view to say
 * ({@link View#counts}).
 *
 * @param node whose ring it is in
 * @param incarnation who wrote it
 * @param sequence its number in the ring
 * @param view the view its writer was in
 * @param startPosition ring position of its first piece
 * @param lastPosition ring position of its last piece, the one with the commit record
 * @param endPosition ring position behind its last piece
 * @param chain CRC32C of its commit record, which the next batch quotes
 * @param millis wall clock of its writer when it was cut, in milliseconds since 1970, for people
 *     only; 0 when not known
 */
public record LoggedBatch(
    int node,
    long incarnation,
    long sequence,
    long view,
    long from,
    long cut,
    long startPosition,
    long lastPosition,
    long endPosition,
    int chain,
    long millis,
    LoggedRuns runs) {

  /** Where a batch that follows this one goes. */
  public RingEnd end() {
    return new RingEnd(sequence + 1, endPosition, chain);
  }

  /** The blocks that it holds. */
  public BitSet blocks() {
    BitSet blocks = new BitSet();
    for (int i = 0; i < runs.size(); i++) {
      int start = (int) Run.startBlock(runs.run(i));
      blocks.set(start, start + Run.count(runs.run(i)));
    }
    return blocks;
  }
}
