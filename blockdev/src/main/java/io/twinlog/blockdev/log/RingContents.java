package io.twinlog.blockdev.log;

import java.util.List;

/**
 * What a ring holds.
 *
 * @param node whose ring
 * @param batches the intact batches from the tail on, in order, without a gap
 * @param end where the next append goes
 * @param stop what is there instead of a further batch
 * @param later a piece of a later batch, found beyond the end: if that batch counts, the ring is
 *     damaged at {@code end}; null when none was found
 */
public record RingContents(
    int node, List<LoggedBatch> batches, RingEnd end, Stop stop, LaterPiece later) {

  /**
   * An intact piece that was appended after a batch which is not whole: the appender had made that
   * one durable before.
   *
   * @param position its ring position
   */
  public record LaterPiece(long view, long cut, long sequence, long position) {}

  public RingContents {
    batches = List.copyOf(batches);
  }

  /** Why a scan ended. */
  public enum Stop {
    /** The log ends here: nothing of a further batch is to be seen. */
    END,
    /** A batch begins here and is not whole: a write was under way, or has been damaged. */
    TORN,
    /**
     * Newer batches lie where the next was expected. The tail has moved since the checkpoint record
     * was read: read it again. With the latest record, the log is damaged here.
     */
    OVERWRITTEN
  }
}
