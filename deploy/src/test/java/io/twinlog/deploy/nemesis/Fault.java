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
  FLUSH(false);

  private final boolean losesRam;

  Fault(boolean losesRam) {
    this.losesRam = losesRam;
  }

  /**
   * Whether a node's copy is lost by it. One copy at a time may be: what two nodes lose together is
   * not promised.
   */
  boolean losesRam() {
    return losesRam;
  }
}
