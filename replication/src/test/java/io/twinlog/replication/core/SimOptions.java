package io.twinlog.replication.core;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a simulation is like.
 *
 * @param seed everything that is chosen follows from it
 * @param rules those in force; all but in tests of the tests
 * @param profile what goes wrong
 * @param ending how it ends
 * @param slowIo whether single I/O steps may take very long
 * @param shelves how many the backing has
 * @param blocks of the device
 * @param sectorBytes of the shelf
 * @param pieceBlocks blocks of a piece of a batch: with few, batches have several
 * @param asideBlocks blocks that can be copied aside while a batch is staged
 * @param linkBytesPerSecond of the replication link, each way; 0 when there is no limit
 * @param activeNanos how long faults and clients go on
 * @param fence whether shelves are reserved, and what becomes of that
 */
record SimOptions(
    long seed,
    Set<Rule> rules,
    Profile profile,
    Ending ending,
    boolean slowIo,
    int shelves,
    int blocks,
    int sectorBytes,
    int pieceBlocks,
    int asideBlocks,
    long linkBytesPerSecond,
    long activeNanos,
    Fence fence) {

  /** What goes wrong. */
  enum Profile {
    /** Nothing. */
    CALM,
    /** Anything. */
    MIXED,
    /** Mostly: the primary is cut off, and its backing I/O hangs, in the middle of a checkpoint. */
    ISOLATION,
    /** Mostly: one view after the other, and nothing gets to its place on the backing meanwhile. */
    SHORT_LIVES,
    /** A scenario says what happens, and when. */
    SCRIPTED
  }

  /** Fencing by the shelf. */
  enum Fence {
    /** There is none: masked blocks guard alone. */
    NONE,
    /** Shelves forget their reservation, now and then. */
    VOLATILE,
    /** Shelves keep it. */
    KEPT,
    /** The first shelf forgets it, the others keep it. */
    MIXED;

    int kept(int shelves) {
      int all = (1 << shelves) - 1;
      return switch (this) {
        case NONE, VOLATILE -> 0;
        case KEPT -> all;
        case MIXED -> all & ~1;
      };
    }
  }

  /** How a simulation ends, when the faults are over. */
  enum Ending {
    /** Both nodes are there: the pair comes back. */
    PAIR,
    /** One node is dead for good; what it alone had is given up. */
    SURVIVOR_OF_FAULTS,
    /** The pair comes back, and then one node is dead for good: nothing is given up. */
    SURVIVOR_OF_PAIR,
    /** The pair comes back, stops in order, and two operators promote both at the same moment. */
    BOTH_PROMOTED,
    /** The pair comes back and serves without its backing, which then comes back too. */
    WITHOUT_BACKING
  }

  static SimOptions ofSeed(long seed) {
    Profile profile =
        seed % 16 == 0
            ? Profile.CALM
            : seed % 4 == 1
                ? Profile.ISOLATION
                : seed % 8 == 3 ? Profile.SHORT_LIVES : Profile.MIXED;
    return new SimOptions(
        seed,
        EnumSet.allOf(Rule.class),
        profile,
        Ending.values()[(int) (seed % 11 % 5)],
        seed % 3 != 0 && profile != Profile.CALM,
        1,
        seed % 10 == 7 ? 40 : seed % 10 == 4 ? 3 : 8,
        seed % 13 == 2 ? 4096 : 512,
        seed % 2 == 0 ? 8 : 2,
        seed % 2 == 0 ? 8 : 2,
        seed % 7 == 5 ? 4_000_000 : seed % 7 == 3 ? 40_000_000 : 0,
        4_000_000_000L,
        Fence.NONE);
  }

  /** Nothing happens but what a scenario does. */
  static SimOptions scripted() {
    return new SimOptions(
        1,
        EnumSet.allOf(Rule.class),
        Profile.SCRIPTED,
        Ending.PAIR,
        false,
        1,
        8,
        512,
        8,
        8,
        0,
        Long.MAX_VALUE,
        Fence.NONE);
  }

  /** Whether RAM may outlive its process ({@code ram = shm}). */
  boolean keepsRam() {
    return profile != Profile.SCRIPTED && seed % 5 < 2;
  }

  /** Small ones, so that a part of even so small a device goes each way. */
  ResyncSizes resyncSizes() {
    return seed % 3 == 0 ? ResyncSizes.USUAL : new ResyncSizes(2, 1, 2, 3, 2, 6, 4);
  }

  SimOptions without(Rule rule) {
    EnumSet<Rule> rest = EnumSet.copyOf(rules);
    rest.remove(rule);
    return new SimOptions(
        seed,
        rest,
        profile,
        ending,
        slowIo,
        shelves,
        blocks,
        sectorBytes,
        pieceBlocks,
        asideBlocks,
        linkBytesPerSecond,
        activeNanos,
        fence);
  }

  /** The same on so many shelves. */
  SimOptions staggered(int count) {
    return new SimOptions(
        seed,
        rules,
        profile,
        ending,
        slowIo,
        count,
        blocks,
        sectorBytes,
        pieceBlocks,
        asideBlocks,
        linkBytesPerSecond,
        activeNanos,
        fence);
  }

  /** The same with fencing by the shelf. */
  SimOptions fenced(Fence how) {
    return new SimOptions(
        seed,
        rules,
        profile,
        ending,
        slowIo,
        shelves,
        blocks,
        sectorBytes,
        pieceBlocks,
        asideBlocks,
        linkBytesPerSecond,
        activeNanos,
        how);
  }
}
