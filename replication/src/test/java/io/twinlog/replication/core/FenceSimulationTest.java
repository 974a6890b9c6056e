package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.twinlog.replication.core.SimOptions.Fence;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The simulator with fencing by the shelf, on one shelf or several, which forget their reservations
 * now and then or keep them. {@code -Dtwinlog.sim.fenceSeed=N} plays one seed and prints what
 * happened.
 */
class FenceSimulationTest {
  private static final long SEEDS = Long.getLong("twinlog.sim.fenceSeeds", 120);
  private static final long FIRST = Long.getLong("twinlog.sim.fenceFirst", 1);
  private static final Long ONE = Long.getLong("twinlog.sim.fenceSeed");

  @Test
  void shouldKeepThePromiseWithAFence() {
    Map<String, Integer> counts = new TreeMap<>();
    long first = ONE != null ? ONE : FIRST;
    for (long seed = first; seed < (ONE != null ? first + 1 : first + SEEDS); seed++) {
      SimWorld world = new SimWorld(options(seed));
      play(world);
      world.counts().forEach((what, times) -> counts.merge(what, times, Integer::sum));
      if (ONE != null) {
        System.out.println(world.traceText());
      }
    }
    System.out.println("simulated with a fence: " + counts);
    if (ONE == null) {
      for (String reached :
          new String[] {
            "fence:  -> set",
            "fence:  -> closed",
            "fence: set -> let in",
            "fence: set -> lapsed",
            "fence: let in -> locked out",
            "fence: locked out -> let in",
            "fence: write refused",
            "fault: reservation forgotten"
          }) {
        assertTrue(counts.containsKey(reached), reached + " was never reached: " + counts);
      }
    }
  }

  /** A test of the tests; where to begin is not far from a seed that is known to show it. */
  @ParameterizedTest
  @CsvSource({"READMIT_WHEN_DRAINED, 540", "FENCE_ONLY_WHEN_KEPT, 450"})
  void shouldFindTheBrokenRule(Rule rule, long first) {
    String found = null;
    for (long seed = first; seed <= first + 1000 && found == null; seed++) {
      try {
        new SimWorld(options(seed).without(rule)).run();
      } catch (SimFailure e) {
        found = "seed " + seed + ": " + e.getMessage();
      }
    }
    assertNotNull(found, rule + " is switched off and nothing is noticed");
    System.out.println("without " + rule + ": " + found.lines().findFirst().orElse(""));
  }

  private static SimOptions options(long seed) {
    Fence fence = new Fence[] {Fence.KEPT, Fence.VOLATILE, Fence.MIXED}[(int) (seed % 3)];
    SimOptions options = SimOptions.ofSeed(seed).fenced(fence);
    return seed % 2 == 0 ? options : options.staggered(seed % 5 == 4 ? 2 : 3);
  }

  private static void play(SimWorld world) {
    try {
      world.run();
    } catch (RuntimeException e) {
      fail("seed " + world.options().seed() + ": " + e + "\n" + world.traceText(), e);
    }
  }
}
