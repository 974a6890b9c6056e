package io.twinlog.blockdev.log;

/**
 * A node's published checkpoint: everything up to {@code position} is in the data area, and its
 * ring begins, for a reader, at {@code tail}.
 *
 * @param node 0 or 1, whose record it is
 * @param sequence grows by one with every publication
 * @param incarnation the writer's incarnation
 * @param view the view it was written in
 * @param position write number N: the data area holds every write up to it
 * @param tailBatch sequence number of the first batch in the ring that a reader needs
 * @param tailPosition where that batch begins: a ring position, which grows for ever (its place is
 *     {@code tailPosition mod ringBytes})
 * @param millis wall clock of the writer when the batch that reaches the position was cut, in
 *     milliseconds since 1970, for people only; 0 when not known
 */
public record CheckpointRecord(
    int node,
    long sequence,
    long incarnation,
    long view,
    long position,
    long tailBatch,
    long tailPosition,
    long millis) {

  /** One that does not say of when its position is. */
  public CheckpointRecord(
      int node,
      long sequence,
      long incarnation,
      long view,
      long position,
      long tailBatch,
      long tailPosition) {
    this(node, sequence, incarnation, view, position, tailBatch, tailPosition, 0);
  }
}
