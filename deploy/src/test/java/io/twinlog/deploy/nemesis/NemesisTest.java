package io.twinlog.deploy.nemesis;

import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever a nemesis does to two real nodes, their network and their disk: clients are never told
 * anything that one disk could not have told them.
 *
 * <p>{@code -Dtwinlog.nemesis.runs} says how many runs, each with a pair of its own, {@code
 * -Dtwinlog.nemesis.faults} with how many faults each, {@code -Dtwinlog.nemesis.seed} which those
 * of the first run are, always the same by default; the next one has the next seed. Even seeds take
 * over automatically, odd ones by an operator; two of four have three shelves, the others one,
 * unless {@code -Dtwinlog.nemesis.shelves} says how many; every third one has AoE shelves that are
 * reserved, unless {@code -Dtwinlog.nemesis.san} says what they are ({@link San.Kind}). {@code
 * -Dtwinlog.nemesis.long} is how long the longest faults last, in milliseconds.
 */
@Tag("process")
final class NemesisTest {

  private static final int RUNS = Integer.getInteger("twinlog.nemesis.runs", 3);
  private static final int FAULTS = Integer.getInteger("twinlog.nemesis.faults", 10);
  private static final long SEED = Long.getLong("twinlog.nemesis.seed", 518_833_953);
  private static final Integer SHELVES = Integer.getInteger("twinlog.nemesis.shelves");
  private static final String SAN = System.getProperty("twinlog.nemesis.san");
  private static final long LONG_MILLIS = Long.getLong("twinlog.nemesis.long", 5_000);

  /** A fault and the recovery from it, on a machine that is busy. */
  private static final long SECONDS_PER_FAULT = 60;

  @BeforeEach
  void need() throws Exception {
    Own.need();
  }

  @Test
  void shouldNeverTellClientsWhatOneDiskCouldNot() throws Exception {
    for (int run = 0; run < RUNS; run++) {
      long seed = SEED + run;
      int shelves = SHELVES != null ? SHELVES : Options.shelvesOf(seed);
      San.Kind san = SAN != null ? San.Kind.valueOf(SAN) : San.Kind.ofSeed(seed);
      System.out.printf(
          "%d faults, -Dtwinlog.nemesis.seed=%d -Dtwinlog.nemesis.shelves=%d -Dtwinlog.nemesis.san=%s%n",
          FAULTS, seed, shelves, san);
      Own.run(
          NemesisMain.class,
          "seed-" + seed,
          300 + FAULTS * SECONDS_PER_FAULT,
          new Options(seed, FAULTS, shelves, san, LONG_MILLIS, Optional.empty()).arguments());
    }
  }
}
