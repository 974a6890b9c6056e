package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Plays seeds. {@code -Dtwinlog.sim.seed=N} plays one and prints what happened, {@code
 * -Dtwinlog.sim.seeds=N} as many from {@code -Dtwinlog.sim.first} on.
 */
class SimulationTest {
  private static final long SEEDS = Long.getLong("twinlog.sim.seeds", 500);
  private static final long FIRST = Long.getLong("twinlog.sim.first", 1);
  private static final Long ONE = Long.getLong("twinlog.sim.seed");

  @Test
  void shouldKeepThePromiseInEverySeed() {
    long first = ONE != null ? ONE : FIRST;
    long last = ONE != null ? ONE : FIRST + SEEDS - 1;
    Map<String, Integer> counts = new TreeMap<>();
    long events = 0;
    long start = System.nanoTime();
    for (long seed = first; seed <= last; seed++) {
      SimWorld world = new SimWorld(SimOptions.ofSeed(seed));
      play(world, seed);
      events += world.events();
      world.counts().forEach((what, times) -> counts.merge(what, times, Integer::sum));
      if (ONE != null) {
        System.out.println(world.traceText());
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "simulated %d seeds, %d events, %.0f events/s%n%s%n",
        last - first + 1, events, events / seconds, counts);
  }

  /** Each broke the promise, or liveness, once. */
  @ParameterizedTest
  @ValueSource(longs = {7, 64, 182, 2338, 3890, 4894, 4949, 5349, 6242, 6558, 10553, 14653, 21737})
  void shouldKeepThePromiseInSeedsThatOnceFoundABug(long seed) {
    play(new SimWorld(SimOptions.ofSeed(seed)), seed);
  }

  private static void play(SimWorld world, long seed) {
    try {
      world.run();
    } catch (RuntimeException e) {
      fail(
          "seed "
              + seed
              + ": "
              + e
              + "\nreplay: deploy/simulate --seed "
              + seed
              + "\n"
              + world.traceText(),
          e);
    }
  }
}
