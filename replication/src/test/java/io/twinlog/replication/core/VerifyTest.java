package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Verify and repair in the simulated pair: under load, under faults, and with flipped bits. */
class VerifyTest {
  private static final long SEEDS = Long.getLong("twinlog.sim.verifySeeds", 120);

  @Test
  void shouldNeverRaiseAFalseAlarmWhenAnythingElseHappens() {
    TreeMap<String, Integer> counts = new TreeMap<>();
    for (long seed = 1; seed <= SEEDS; seed++) {
      SimOptions options = SimOptions.ofSeed(seed);
      SimWorld world = new SimWorld(seed % 3 == 0 ? options.staggered(3) : options);
      try {
        world.verify().begin();
        world.run();
      } catch (RuntimeException e) {
        fail("seed " + seed + ": " + e + "\n" + world.traceText(), e);
      }
      world.counts().forEach((what, times) -> counts.merge(what, times, Integer::sum));
    }
    assertTrue(counts.getOrDefault("verify peer done", 0) > SEEDS / 4, counts::toString);
    assertTrue(counts.getOrDefault("verify backing done", 0) > SEEDS / 4, counts::toString);
  }

  @Test
  void shouldFindAndRepairTheBitWhenOneFlipsInTheSecondarysRam() {
    for (long seed = 16; seed <= 16 * 40; seed += 16) {
      SimWorld world = pair(seed);
      SimVerify verify = world.verify();
      SimNode primary = verify.primary();
      SimNode secondary = world.node(1 - primary.index());
      int at = world.random().nextInt(secondary.ram().length);
      verify.spoilt(true);
      secondary.ram()[at] ^= (byte) (1 << world.random().nextInt(8));

      String found = verify.ask(primary, "verify", o -> primary.replica().verify(false, o));
      if (found.startsWith("done")) {
        assertFalse(verify.copyIsWrong(secondary), "seed " + seed + ": " + found);
      } else {
        int block = at / 4096;
        assertEquals(
            List.of(new ReplicaReport.Difference("peer", block * 4096L, 4096)),
            primary.replica().report().verify().differences(),
            found);
        assertTrue(found.contains("peer at " + block * 4096L + "+4096"), found);
        String repaired = verify.ask(primary, "resync", o -> primary.replica().resync(o));
        assertEquals("done: 4096 bytes are repaired", repaired);
      }
      verify.spoilt(false);
      assertClean(verify, primary, false);
      world.history().checkCopy(secondary);
      world.converge();
    }
  }

  @Test
  void shouldSendWhatDiffersInTheQuickResyncWhenTheLinkWasLost() {
    for (long seed = 16; seed <= 16 * 10; seed += 16) {
      SimWorld world = pair(seed);
      SimVerify verify = world.verify();
      SimNode primary = verify.primary();
      SimNode secondary = world.node(1 - primary.index());
      verify.spoilt(true);
      secondary.ram()[world.random().nextInt(secondary.ram().length)] ^= 1;
      String found = verify.ask(primary, "verify", o -> primary.replica().verify(false, o));
      verify.spoilt(false);

      world.network().reset();
      world.converge();

      if (!found.startsWith("done")) {
        assertEquals(List.of(), verify.primary().replica().report().verify().differences(), found);
      }
      assertEquals(0, world.counts().getOrDefault("resync done", 0));
      assertClean(verify, verify.primary(), false);
      world.history().checkCopy(secondary);
    }
  }

  @Test
  void shouldFindAndRepairTheBitWhenOneFlipsInTheDataArea() {
    int found = 0;
    for (long seed = 16; seed <= 16 * 40; seed += 16) {
      SimWorld world = pair(seed);
      int at = world.random().nextInt(world.node(0).ram().length);
      found += flipAndRepair(world, world.shelf(), at, "data area, byte " + at);
    }
    assertTrue(found >= 5, "found " + found);
  }

  /** Both copies of every chunk are compared: whoever loads may read either. */
  @Test
  void shouldFindAndRepairTheBitWhenOneFlipsInEitherCopyOnSeveralShelves() {
    int[] found = new int[2];
    for (long seed = 16; seed <= 16 * 40; seed += 16) {
      SimWorld world = pair(SimOptions.ofSeed(seed).staggered(3));
      Stagger stagger = world.config(0).stagger();
      int at = world.random().nextInt(world.node(0).ram().length);
      int copy = (int) (seed / 16 % 2);
      SimShelf shelf = world.shelves().get(stagger.shelfOf(at, copy));
      int place = (int) stagger.place(at, copy);
      found[copy] += flipAndRepair(world, shelf, place, "copy " + copy + ", byte " + at);
    }
    assertTrue(found[0] >= 3 && found[1] >= 3, "found " + found[0] + " and " + found[1]);
  }

  /** Every kind of byte: of piece headers, of runs, of data, at each place that is in use. */
  @Test
  void shouldFindAndRepairTheBitWhenOneFlipsInTheLog() {
    int found = 0;
    for (long seed = 16; seed <= 16 * 80; seed += 16) {
      SimWorld world = pair(seed);
      SimNode primary = world.verify().primary();
      Layout layout = world.config(0).layout();
      long used = primary.replica().report().backing().ringUsedBytes();
      if (used > 0) {
        long position = primary.replica().ringTail() + world.random().nextLong(used);
        long place = layout.ringPlace(primary.index(), position);
        found += flipAndRepair(world, world.shelf(), (int) place, "log, byte " + position % 4096);
      }
    }
    assertTrue(found >= 20, "found " + found);
  }

  /** Tells how many were found: one or none. */
  private static int flipAndRepair(SimWorld world, SimShelf shelf, int place, String what) {
    SimVerify verify = world.verify();
    SimNode primary = verify.primary();
    verify.spoilt(true);
    shelf.bytes()[place] ^= (byte) (1 << world.random().nextInt(8));
    String found = verify.ask(primary, "verify", o -> primary.replica().verify(true, o));
    if (found.startsWith("done")) {
      // Nobody would read it: something newer counts, or has taken its place.
      assertDoesNotThrow(world.backing()::check, what + ": " + found);
    } else {
      String repaired = verify.ask(primary, "resync", o -> primary.replica().resync(o));
      assertTrue(repaired.startsWith("done"), repaired);
      long deadline = world.now() + 5_000_000_000L;
      while (world.now() < deadline && world.step()) {}
    }
    verify.spoilt(false);
    assertClean(verify, primary, true);
    world.converge();
    return found.startsWith("done") ? 0 : 1;
  }

  private static void assertClean(SimVerify verify, SimNode primary, boolean backing) {
    String again = verify.ask(primary, "verify", o -> primary.replica().verify(backing, o));
    assertTrue(again.startsWith("done") && again.endsWith("all are equal"), again);
  }

  /** A pair that serves, without faults, and with clients that go on. */
  private static SimWorld pair(long seed) {
    return pair(SimOptions.ofSeed(seed));
  }

  private static SimWorld pair(SimOptions options) {
    SimWorld world = new SimWorld(options);
    world.begin();
    world.converge();
    return world;
  }
}
