package io.twinlog.deploy.nemesis;

import java.util.List;

/** What the nemesis does; primary and secondary as they are when it does it. */
enum Fault {
  KILL_PRIMARY(Trait.LOSES_RAM),
  KILL_SECONDARY(Trait.LOSES_RAM),
  /** One, and when the other can rebuild the device from the backing, that one too. */
  KILL_BOTH_IN_TURN(Trait.LOSES_RAM),
  STOP_PRIMARY(Trait.LOSES_RAM),
  STOP_SECONDARY(Trait.LOSES_RAM),
  /** Of a write to the disk only a part lands, and the node is killed before it is told. */
  TEAR_AND_KILL_PRIMARY(Trait.LOSES_RAM, Trait.PATHS),
  TEAR_AND_KILL_SECONDARY(Trait.LOSES_RAM, Trait.PATHS),
  PAUSE_PRIMARY,
  PAUSE_SECONDARY,
  PAUSE_BOTH,
  CUT_LINK,
  CUT_FROM_PRIMARY,
  CUT_FROM_SECONDARY,
  UNPLUG_PRIMARY,
  UNPLUG_SECONDARY,
  CUT_CLIENTS_FROM_PRIMARY,
  STALL_PRIMARY(Trait.PATHS),
  STALL_SECONDARY(Trait.PATHS),
  STALL_BOTH(Trait.PATHS),
  /** The primary's writes to the disk are held up, and land after the other node took over. */
  DELAY_WRITES_OF_PAUSED_PRIMARY(Trait.PATHS),
  FAIL_WRITES_OF_PRIMARY(Trait.PATHS),
  FAIL_WRITES_OF_SECONDARY(Trait.PATHS),
  FAIL_ALL_OF_PRIMARY(Trait.PATHS),
  TEAR_WRITE_OF_PRIMARY(Trait.PATHS),
  FULL_DISK(Trait.PATHS),
  SWITCHOVER,
  PROMOTE_SECONDARY,
  /** Two operators at the same moment. */
  PROMOTE_BOTH,
  DISCONNECT,
  RESYNC,
  FLUSH,

  // From here on each is a story of several things, told to its end; see Plots.

  /** What is sent last never arrives. */
  CUT_AND_KILL_PRIMARY(Trait.LOSES_RAM, Trait.PLOT),
  /** Paused until the other has taken over and answered, then resumed. */
  WAKE_OLD_PRIMARY(Trait.PLOT),
  /** The same with a primary that was alone already. */
  WAKE_LONE_PRIMARY(Trait.PLOT),
  /** And then it is primary again. */
  WAKE_AND_RETURN(Trait.PLOT),
  /** A replaced primary's writes to the data area land after the other's; then both are killed. */
  LATE_CHECKPOINT(Trait.LOSES_RAM, Trait.PLOT, Trait.PATHS),
  /** A replaced primary's batch lands in its ring after the other took over; then the same. */
  LATE_BATCH(Trait.LOSES_RAM, Trait.PLOT, Trait.PATHS),
  /** One of requests that a lone primary has not answered, and that are void therefore. */
  LATE_LONE_BATCH(Trait.LOSES_RAM, Trait.PLOT, Trait.PATHS),
  LOSE_BOTH(Trait.LOSES_BOTH, Trait.LOSES_RAM, Trait.PLOT),
  /** In the middle of writes that a lone primary has just answered. */
  LOSE_BOTH_WHEN_ALONE(Trait.LOSES_BOTH, Trait.LOSES_RAM, Trait.PLOT),
  /** A checkpoint has taken its time, and was just published. */
  LOSE_BOTH_AT_CHECKPOINT(Trait.LOSES_BOTH, Trait.LOSES_RAM, Trait.PLOT, Trait.PATHS),

  // From here on only where there are several shelves; one of them, unless it says something else.

  /** Nothing works on it, for one node or for both. */
  LOSE_SHELF_OF_PRIMARY(Trait.SHELVES, Trait.PATHS),
  LOSE_SHELF_OF_SECONDARY(Trait.SHELVES, Trait.PATHS),
  LOSE_SHELF(Trait.SHELVES),
  STALL_SHELF_OF_PRIMARY(Trait.SHELVES, Trait.PATHS),
  STALL_SHELF_OF_SECONDARY(Trait.SHELVES, Trait.PATHS),
  STALL_SHELF(Trait.SHELVES),
  /** It can still be read. */
  FAIL_WRITES_TO_SHELF(Trait.SHELVES, Trait.PATHS),
  TEAR_WRITE_TO_SHELF(Trait.SHELVES, Trait.PATHS),
  FULL_SHELF(Trait.SHELVES, Trait.PATHS),
  /** Two of three: nobody can change views, or acknowledge alone. */
  LOSE_MAJORITY(Trait.SHELVES),
  STALL_MAJORITY(Trait.SHELVES),
  /** Each node has lost another one. */
  LOSE_DIFFERENT_SHELVES(Trait.SHELVES, Trait.PATHS),
  /** An operator does. */
  FAIL_SHELF(Trait.SHELVES),
  RESTORE_SHELF(Trait.SHELVES),

  /** It is stale; a node that starts with all of them has only the others to load from. */
  LOAD_BESIDE_STALE_SHELF(Trait.SHELVES, Trait.LOSES_RAM, Trait.PLOT),
  /** The same, and no view has been chosen since: only the primary's slot says that it is. */
  LOAD_BESIDE_SHELF_LOST_ALONE(Trait.SHELVES, Trait.LOSES_RAM, Trait.PLOT),
  /** It is stale, comes back, and is what a node loads from when another one is lost. */
  LOAD_FROM_RETURNED_SHELF(Trait.SHELVES, Trait.LOSES_RAM, Trait.PLOT),
  /** While the secondary is about to take over. */
  LOSE_SHELF_IN_TAKEOVER(Trait.SHELVES, Trait.PLOT, Trait.PATHS),
  /**
   * It becomes stale after a takeover; the former primary, paused, writes to it when it is back.
   */
  LATE_WRITE_TO_RETURNED_SHELF(Trait.SHELVES, Trait.LOSES_RAM, Trait.PLOT, Trait.PATHS),
  /** Of a primary that is alone, which has to wait, and goes on when one of them is back. */
  LOSE_MAJORITY_WHEN_ALONE(Trait.SHELVES, Trait.PLOT),
  /** An operator takes it out of use and puts an empty one in its place. */
  REPLACE_SHELF(Trait.SHELVES, Trait.LOSES_RAM, Trait.PLOT, Trait.FORGETS),
  /** Under the nodes' hands. */
  EMPTY_SHELF(Trait.SHELVES, Trait.LOSES_RAM, Trait.PLOT, Trait.FORGETS),
  /** Both copies are lost while it is stale, and it is there again when they start. */
  LOSE_BOTH_BESIDE_STALE_SHELF(Trait.SHELVES, Trait.LOSES_BOTH, Trait.LOSES_RAM, Trait.PLOT),

  // From here on only where shelves are vblades, which takers reserve.

  /** All targets; they forget who has reserved them. */
  RESTART_TARGETS(Trait.TARGETS, Trait.FORGETS),
  /** They carry out later what they are sent meanwhile. */
  HANG_TARGETS(Trait.TARGETS),
  /** Nothing passes its cable to the targets. */
  CUT_SAN_FROM_PRIMARY(Trait.TARGETS),
  CUT_SAN_FROM_SECONDARY(Trait.TARGETS),
  /** Both cables to the targets lose, double, delay and reorder frames. */
  WORSEN_SAN(Trait.TARGETS),

  /** The other has taken over and locked it out, and the targets forget that before it wakes up. */
  WAKE_WHEN_FORGOTTEN(Trait.TARGETS, Trait.FORGETS, Trait.PLOT),
  /** It is locked out when it starts again; then both have only the shelves to load from. */
  START_LOCKED_OUT(Trait.TARGETS, Trait.LOSES_RAM, Trait.PLOT),
  /** It is replaced among many writes, which cables hold up and repeat. */
  LOCK_OUT_AMONG_WRITES(Trait.TARGETS, Trait.PLOT),
  /** Both lose each other, and each is told to take over, again and again. */
  RESERVE_IN_TURN(Trait.TARGETS, Trait.PLOT);

  private enum Trait {
    LOSES_RAM,
    LOSES_BOTH,
    PLOT,
    SHELVES,
    PATHS,
    TARGETS,
    FORGETS
  }

  private final boolean losesRam;
  private final boolean losesBoth;
  private final boolean isPlot;
  private final boolean isOfShelves;
  private final boolean isOfPaths;
  private final boolean isOfTargets;
  private final boolean forgets;

  Fault(Trait... traits) {
    List<Trait> all = List.of(traits);
    losesRam = all.contains(Trait.LOSES_RAM);
    losesBoth = all.contains(Trait.LOSES_BOTH);
    isPlot = all.contains(Trait.PLOT);
    isOfShelves = all.contains(Trait.SHELVES);
    isOfPaths = all.contains(Trait.PATHS);
    isOfTargets = all.contains(Trait.TARGETS);
    forgets = all.contains(Trait.FORGETS);
  }

  /** Whether it is one of several steps, and a round of its own. */
  boolean isPlot() {
    return isPlot;
  }

  /** Whether it needs several shelves. */
  boolean isOfShelves() {
    return isOfShelves;
  }

  /** Whether it is about targets, which not every site has. */
  boolean isOfTargets() {
    return isOfTargets;
  }

  /** Whether it can happen to such shelves. */
  boolean fits(San.Kind san) {
    return switch (san) {
      case FILES -> !isOfTargets;
      case AOE -> !isOfPaths;
      case AOE_KEPT -> !isOfPaths && !forgets;
    };
  }

  /** Whether both copies are lost at once: the backing has to have what it promises. */
  boolean losesBoth() {
    return losesBoth;
  }

  /**
   * Whether a node's copy is lost by it. One copy at a time may be: what two nodes lose together is
   * not promised.
   */
  boolean losesRam() {
    return losesRam;
  }
}
