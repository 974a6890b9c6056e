package io.twinlog.replication.core;

/** How an operator's request ended; exactly one method is called, once. */
public interface Outcome {
  /** Done; {@code detail} is a line for the operator, or empty. */
  void done(String detail);

  /** Not done and nothing changed; the line says why and what to do. */
  void refused(String reason);
}
