package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A test of the tests: with any one rule switched off, the simulator finds the promise broken. Some
 * rules guard against schedules so rare that {@link HazardsTest} has to bring them about.
 */
class BrokenRulesTest {
  private static final long SEEDS = Long.getLong("twinlog.sim.brokenSeeds", 1000);

  @ParameterizedTest
  @EnumSource(
      value = Rule.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "IGNORE_VOID_BATCHES",
        "REJOIN_AFTER_CONFIRM",
        "DOUBT_LAST_BATCH",
        "RECORD_STALE_FIRST",
        "MARK_MISSED",
        "FILL_BEFORE_LIVE",
        "KNOW_MEDIUM",
        "GIVEN_UP_IS_UNDER_WAY",
        "READMIT_WHEN_DRAINED",
        "FENCE_ONLY_WHEN_KEPT",
        "READ_SLOTS_AFTER_RESERVING",
        "SLOTS_OUTLIVE_SHELF"
      })
  void shouldFindTheBrokenRule(Rule rule) {
    String found = null;
    long first = first(rule);
    for (long seed = first; seed < first + SEEDS && found == null; seed++) {
      found = play(SimOptions.ofSeed(seed).without(rule));
    }
    assertNotNull(found, rule + " is switched off and nothing is noticed in " + SEEDS + " seeds");
    System.out.println("without " + rule + ": " + found.lines().findFirst().orElse(""));
  }

  /** Where to begin: not far from a seed that is known to show it, where these are rare. */
  private static long first(Rule rule) {
    return switch (rule) {
      case READ_BARRIER -> 700;
      case GIVE_UP_BEYOND_BASE -> 1080;
      default -> 1;
    };
  }

  private static String play(SimOptions options) {
    try {
      new SimWorld(options).run();
      return null;
    } catch (SimFailure e) {
      return "seed " + options.seed() + ": " + e.getMessage();
    }
  }
}
