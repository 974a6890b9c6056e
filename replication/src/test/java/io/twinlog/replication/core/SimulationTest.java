package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Plays seeds. {@code -Dtwinlog.sim.seed=N} plays one and prints what happened, {@code
 * -Dtwinlog.sim.seeds=N} as many from {@code -Dtwinlog.sim.first} on.
 */
class SimulationTest {
  private static final long CI_SEEDS = 320;
  private static final long SEEDS = Long.getLong("twinlog.sim.seeds", CI_SEEDS);
  private static final long FIRST = Long.getLong("twinlog.sim.first", 1);
  private static final Long ONE = Long.getLong("twinlog.sim.seed");

  @Test
  void shouldKeepThePromiseInEverySeed() {
    if (ONE != null) {
      SimWorld world = new SimWorld(SimOptions.ofSeed(ONE));
      play(world);
      System.out.println(world.traceText());
      return;
    }
    Map<String, Long> counts = new ConcurrentSkipListMap<>();
    AtomicLong events = new AtomicLong();
    long start = System.nanoTime();
    LongStream.range(FIRST, FIRST + SEEDS)
        .parallel()
        .forEach(
            seed -> {
              SimWorld world = new SimWorld(SimOptions.ofSeed(seed));
              play(world);
              events.addAndGet(world.events());
              world.counts().forEach((what, times) -> counts.merge(what, (long) times, Long::sum));
            });
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "simulated %d seeds, %d events, %.0f events/s%n",
        SEEDS, events.get(), events.get() / seconds);
    counts.forEach((what, times) -> System.out.printf("  %s: %d%n", what, times));
    if (FIRST == 1 && SEEDS >= CI_SEEDS) {
      assertEquals(List.of(), SimCoverage.missing(counts.keySet()), "not reached in any seed");
    }
  }

  /** Each broke the promise, or liveness, once; they are played whatever the range is. */
  @ParameterizedTest
  @ValueSource(
      longs = {7, 64, 182, 1405, 2338, 3890, 4894, 4949, 5349, 6242, 6558, 10553, 14653, 21737})
  void shouldKeepThePromiseInSeedsThatOnceFoundABug(long seed) {
    play(new SimWorld(SimOptions.ofSeed(seed)));
  }

  private static void play(SimWorld world) {
    try {
      world.run();
    } catch (RuntimeException e) {
      long seed = world.options().seed();
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
