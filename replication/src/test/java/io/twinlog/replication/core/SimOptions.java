package io.twinlog.replication.core;

import java.util.EnumSet;
import java.util.Set;

/**
 * What a simulation is like.
 *
 * @param seed everything that is chosen follows from it
 * @param rules those in force; all but in tests of the tests
 * @param faults whether anything goes wrong
 * @param slowIo whether single I/O steps may take very long
 * @param isolation whether most faults are of one kind: the primary is cut off, and its backing I/O
 *     hangs, in the middle of a checkpoint
 * @param pieceBlocks blocks of a piece of a batch: with few, batches have several
 * @param asideBlocks blocks that can be copied aside while a batch is staged
 * @param activeNanos how long faults and clients go on
 */
record SimOptions(
    long seed,
    Set<Rule> rules,
    boolean faults,
    boolean slowIo,
    boolean isolation,
    int pieceBlocks,
    int asideBlocks,
    long activeNanos) {

  static SimOptions ofSeed(long seed) {
    return new SimOptions(
        seed,
        EnumSet.allOf(Rule.class),
        seed % 16 != 0,
        seed % 3 != 0,
        seed % 4 == 1,
        seed % 2 == 0 ? 8 : 2,
        seed % 2 == 0 ? 8 : 2,
        4_000_000_000L);
  }

  /** Whether RAM may outlive its process ({@code ram = shm}). */
  boolean keepsRam() {
    return seed % 5 < 2;
  }

  SimOptions without(Rule rule) {
    EnumSet<Rule> rest = EnumSet.copyOf(rules);
    rest.remove(rule);
    return new SimOptions(
        seed, rest, faults, slowIo, isolation, pieceBlocks, asideBlocks, activeNanos);
  }
}
