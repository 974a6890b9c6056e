package io.twinlog.blockdev.log;

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
 * @param endPosition ring position behind its last piece
 */
public record LoggedBatch(
    int node,
    long incarnation,
    long sequence,
    long view,
    long from,
    long cut,
    long startPosition,
    long endPosition,
    LoggedRuns runs) {}
