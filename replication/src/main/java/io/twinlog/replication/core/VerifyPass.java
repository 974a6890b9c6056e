package io.twinlog.replication.core;

import java.util.BitSet;

/** One pass over the device that compares it with another copy. */
interface VerifyPass {
  /** Begins from the start of the device; {@code differing} is kept up to date meanwhile. */
  void begin(BitSet differing);

  /** Why the pass cannot be, or go on; null when it can. */
  String obstacle();

  /** At the end of a turn: goes on; tells whether something more could be done at once. */
  void pump(VerifyPacer pacer);

  /** How much has been compared. */
  long doneBytes();

  boolean isDone();

  /** Whether the other copy as a whole is damaged, beside the blocks that differ. */
  boolean isDamaged();

  /** What an operator is told beside the differences: what could not be compared; or empty. */
  String remark();

  /** The pass is over: what is under way is of no use any more. */
  void end();
}
