package io.twinlog.replication.net;

/**
 * What became of an operator's request.
 *
 * @param done whether it was done; else it was refused and nothing changed
 * @param line one line for the operator: details, or why not and what to do; may be empty
 * @param withLoss whether acknowledged writes may be missing from now on
 */
public record OperatorAnswer(boolean done, String line, boolean withLoss) {

  /** An answer without a loss. */
  public OperatorAnswer(boolean done, String line) {
    this(done, line, false);
  }
}
