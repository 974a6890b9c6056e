package io.twinlog.blockdev.shelf;

/** What a {@link FaultyShelf} does to a step. */
public sealed interface Fault {

  /** The step is not carried out and fails. */
  record Fail() implements Fault {}

  /** The step is carried out, yet fails: its outcome is unknown to the owner. */
  record FailAfterwards() implements Fault {}

  /**
   * Of a write only some sectors from its beginning are written, at random, never all; then it
   * fails. Any other step just fails.
   */
  record Tear() implements Fault {}

  /** The step waits until {@link FaultyShelf#release}. */
  record Stall() implements Fault {}

  /** The step waits for a time. */
  record Delay(long nanos) implements Fault {}
}
