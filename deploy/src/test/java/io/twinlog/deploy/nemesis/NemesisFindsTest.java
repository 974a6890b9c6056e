package io.twinlog.deploy.nemesis;

import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The nemesis sees that a rule is missing from the nodes: each is taken from both in turn, and one
 * of the plots is played until the clients' history is wrong.
 *
 * <p>{@code -Dtwinlog.nemesis.broken} says how many of the rules are tried, the quickest first.
 */
@Tag("process")
final class NemesisFindsTest {

  private static final int BROKEN = Integer.getInteger("twinlog.nemesis.broken", 2);
  private static final int FAULTS = 12;
  private static final long SECONDS_PER_FAULT = 60;
  private static final long LONG_MILLIS = 3_000;

  /** Even: takes over automatically. */
  private static final long SEED = 2;

  @BeforeEach
  void need() throws Exception {
    Own.need();
  }

  static Stream<Options.Broken> rules() {
    return Stream.of(
            new Options.Broken("SLOT_READ_WHEN_ALONE", Fault.WAKE_LONE_PRIMARY),
            new Options.Broken("ACKNOWLEDGE_AFTER_CONFIRM", Fault.CUT_AND_KILL_PRIMARY),
            new Options.Broken("READ_BARRIER", Fault.WAKE_OLD_PRIMARY),
            new Options.Broken("LOG_BEFORE_CHECKPOINT", Fault.LOSE_BOTH_AT_CHECKPOINT),
            new Options.Broken("DROP_CLIENT_REQUESTS", Fault.WAKE_AND_RETURN),
            new Options.Broken("MASK_LATE_WRITES", Fault.LATE_CHECKPOINT),
            new Options.Broken("IGNORE_VOID_BATCHES", Fault.LATE_LONE_BATCH),
            new Options.Broken("RECORD_STALE_FIRST", Fault.LOAD_BESIDE_SHELF_LOST_ALONE))
        .limit(BROKEN);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void shouldNoticeThatTheRuleIsMissing(Options.Broken broken) throws Exception {
    int shelves = broken.plot().isOfShelves() ? 3 : 1;
    Options options =
        new Options(SEED, FAULTS, shelves, San.Kind.FILES, LONG_MILLIS, Optional.of(broken));
    Own.run(
        NemesisMain.class,
        "without-" + broken.rule(),
        60 + FAULTS * SECONDS_PER_FAULT,
        options.arguments());
  }
}
