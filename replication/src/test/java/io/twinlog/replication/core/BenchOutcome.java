package io.twinlog.replication.core;

/** What an operator was told. */
final class BenchOutcome implements Outcome {
  private String done;
  private String refused;
  private boolean withLoss;

  boolean isOpen() {
    return done == null && refused == null;
  }

  boolean isDone() {
    return done != null;
  }

  boolean isWithLoss() {
    return withLoss;
  }

  boolean isRefused() {
    return refused != null;
  }

  /** The line, whichever it was. */
  String line() {
    return done != null ? done : refused;
  }

  private void once() {
    if (!isOpen()) {
      throw new AssertionError("told twice, first: " + this);
    }
  }

  @Override
  public void done(String detail) {
    once();
    done = detail;
  }

  @Override
  public void doneWithLoss(String detail) {
    withLoss = true;
    done(detail);
  }

  @Override
  public void refused(String reason) {
    once();
    refused = reason;
  }

  @Override
  public String toString() {
    return isOpen() ? "open" : isDone() ? "done: " + done : "refused: " + refused;
  }
}
