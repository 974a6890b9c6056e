package io.twinlog.replication.core;

/** How an operator's request ended; exactly one method is called, once. */
public interface Outcome {
  /** Done; {@code detail} is a line for the operator, or empty. */
  void done(String detail);

  /**
   * Done, and acknowledged writes may be missing from now on, as the operator had accepted.
   *
   * @param detail says which, in one line
   */
  default void doneWithLoss(String detail) {
    done(detail);
  }

  /** Not done and nothing changed; the line says why and what to do. */
  void refused(String reason);
}
