package io.twinlog.deploy.nemesis;

/** What the nemesis does; primary and secondary as they are when it does it. */
enum Fault {
  KILL_PRIMARY(true),
  KILL_SECONDARY(true),
  /** One, and when the other can rebuild the device from the backing, that one too. */
  KILL_BOTH_IN_TURN(true),
  STOP_PRIMARY(true),
  STOP_SECONDARY(true),
  /** Of a write to the disk only a part lands, and the node is killed before it is told. */
  TEAR_AND_KILL_PRIMARY(true),
  TEAR_AND_KILL_SECONDARY(true),
  PAUSE_PRIMARY(false),
  PAUSE_SECONDARY(false),
  PAUSE_BOTH(false),
  CUT_LINK(false),
  CUT_FROM_PRIMARY(false),
  CUT_FROM_SECONDARY(false),
  UNPLUG_PRIMARY(false),
  UNPLUG_SECONDARY(false),
  CUT_CLIENTS_FROM_PRIMARY(false),
  STALL_PRIMARY(false),
  STALL_SECONDARY(false),
  STALL_BOTH(false),
  /** The primary's writes to the disk are held up, and land after the other node took over. */
  DELAY_WRITES_OF_PAUSED_PRIMARY(false),
  FAIL_WRITES_OF_PRIMARY(false),
  FAIL_WRITES_OF_SECONDARY(false),
  FAIL_ALL_OF_PRIMARY(false),
  TEAR_WRITE_OF_PRIMARY(false),
  FULL_DISK(false),
  SWITCHOVER(false),
  PROMOTE_SECONDARY(false),
  /** Two operators at the same moment. */
  PROMOTE_BOTH(false),
  DISCONNECT(false),
  RESYNC(false),
  FLUSH(false),

  // From here on each is a story of several things, told to its end; see Plots.

  /** What is sent last never arrives. */
  CUT_AND_KILL_PRIMARY(true, true),
  /** Paused until the other has taken over and answered, then resumed. */
  WAKE_OLD_PRIMARY(false, true),
  /** The same with a primary that was alone already. */
  WAKE_LONE_PRIMARY(false, true),
  /** And then it is primary again. */
  WAKE_AND_RETURN(false, true),
  /** A replaced primary's writes to the data area land after the other's; then both are killed. */
  LATE_CHECKPOINT(true, true),
  /** A replaced primary's batch lands in its ring after the other took over; then the same. */
  LATE_BATCH(true, true),
  /** One of requests that a lone primary has not answered, and that are void therefore. */
  LATE_LONE_BATCH(true, true),
  LOSE_BOTH(true, true),
  /** In the middle of writes that a lone primary has just answered. */
  LOSE_BOTH_WHEN_ALONE(true, true),
  /** A checkpoint has taken its time, and was just published. */
  LOSE_BOTH_AT_CHECKPOINT(true, true);

  private final boolean losesRam;
  private final boolean isPlot;

  Fault(boolean losesRam) {
    this(losesRam, false);
  }

  Fault(boolean losesRam, boolean isPlot) {
    this.losesRam = losesRam;
    this.isPlot = isPlot;
  }

  /** Whether it is one of several steps, and a round of its own. */
  boolean isPlot() {
    return isPlot;
  }

  /** Whether both copies are lost at once: the backing has to have what it promises. */
  boolean losesBoth() {
    return this == LOSE_BOTH || this == LOSE_BOTH_WHEN_ALONE || this == LOSE_BOTH_AT_CHECKPOINT;
  }

  /**
   * Whether a node's copy is lost by it. One copy at a time may be: what two nodes lose together is
   * not promised.
   */
  boolean losesRam() {
    return losesRam;
  }
}
