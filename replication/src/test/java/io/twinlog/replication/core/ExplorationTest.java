package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.twinlog.replication.core.ExploredWorld.Action;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Drives two real replicas through everything that can happen in small worlds. {@code
 * -Dtwinlog.explore.states=N} bounds the states of each story, {@code -Dtwinlog.explore.delays=N}
 * adds so many delays to each.
 */
class ExplorationTest {
  private static final long STATES = Long.getLong("twinlog.explore.states", 15_000);
  private static final int DELAYS = Integer.getInteger("twinlog.explore.delays", 1);

  /** More than enough to find a broken rule. */
  private static final long BROKEN_STATES = 200_000;

  private static final List<String> STORIES =
      List.of(
          "write 0, write 0, write 0",
          "write 0, cut, read 0, write 0",
          "write 0, cut, crash 0, promote 1, write 1",
          "write 0, pause 0, cut, promote 1, write 1, resume 0, read 0",
          "write 0, crash 1, start 1, write 0",
          "write 0, switchover 0, write 1, read 1",
          "cut, pause 0, promote 1, write 1, resume 0, write 0",
          "crash 1, rest, pause 0, start 1, promote 1, write 1, resume 0, read 0",
          "write 0, cut, promote 1, promote 0",
          "write 0, crash 0, promote 1, start 0, crash 1, promote 0");

  static Stream<ExploredStory> stories() {
    return STORIES.stream().map(text -> ExploredStory.of(1, false, DELAYS, text));
  }

  @ParameterizedTest
  @MethodSource("stories")
  void shouldKeepThePromiseWheneverThingsHappen(ExploredStory story) {
    Set<Rule> rules = EnumSet.allOf(Rule.class);
    Explorer explorer = new Explorer();
    Explorer.Result result = explorer.explore(story.begin(rules), STATES);
    print(story, result);
    assertNull(result.failure(), () -> story.replay(rules, explorer.steps()));
  }

  /** Far more states than any run sees: how many of them is a matter of the budget. */
  @Test
  void shouldKeepThePromiseInWhateverOrderThingsHappen() {
    ExploredWorld world = new ExploredWorld(EnumSet.allOf(Rule.class), 1, false);
    world.settle();
    world.allow(
        Map.of(
            Action.WRITE, 2,
            Action.READ, 1,
            Action.PROMOTE, 2,
            Action.PAUSE, 1,
            Action.CUT, 1,
            Action.CRASH_LOST, 1,
            Action.START, 1,
            Action.RESYNC, 1,
            Action.DELAY, DELAYS));
    Explorer.Result result = new Explorer().explore(world, STATES);
    print("any order", result);
    assertNull(result.failure());
  }

  static Stream<Arguments> brokenRules() {
    return Stream.of(
        Arguments.of(
            Rule.ACKNOWLEDGE_AFTER_CONFIRM,
            ExploredStory.of(1, false, 0, "write 0, cut, crash 0, promote 1")),
        Arguments.of(
            Rule.INCARNATION,
            ExploredStory.of(1, false, 0, "write 0, pause 0, crash 1, start 1, promote 1")),
        Arguments.of(
            Rule.SLOT_READ_WHEN_ALONE,
            ExploredStory.of(
                1,
                false,
                0,
                "crash 1, rest, pause 0, start 1, rest, promote 1, rest, resume 0, write 0")),
        Arguments.of(Rule.COMMIT_BEFORE_RAM, ExploredStory.of(1, false, 0, "write 0")),
        Arguments.of(
            Rule.READ_BARRIER,
            ExploredStory.of(1, false, 0, "pause 0, cut, promote 1, write 1, resume 0, read 0")),
        Arguments.of(Rule.DIRTY_SET_FIRST, ExploredStory.of(2, true, 0, "write 0, cut, write 0")),
        Arguments.of(Rule.FREEZE_AFTER_MARK, ExploredStory.of(1, false, 0, "cut, write 0")),
        Arguments.of(Rule.LOG_BEFORE_CHECKPOINT, ExploredStory.of(1, false, 2, "write 0, write 0")),
        Arguments.of(
            Rule.MASK_LATE_WRITES,
            ExploredStory.of(1, false, 1, "write 0, pause 0, cut, promote 1, write 1, resume 0")),
        Arguments.of(
            Rule.DROP_CLIENT_REQUESTS,
            ExploredStory.of(
                1,
                false,
                0,
                "write 0, pause 0, cut, rest, promote 1, rest, crash 1, resume 0, promote 0")));
  }

  /** A test of the tests: with the rule switched off, the story finds the promise broken. */
  @ParameterizedTest
  @MethodSource("brokenRules")
  void shouldFindTheBrokenRule(Rule rule, ExploredStory story) {
    Explorer explorer = new Explorer();
    Set<Rule> rules = ExploredStory.allBut(rule);
    Explorer.Result result = explorer.explore(story.begin(rules), BROKEN_STATES);
    assertNotNull(result.failure(), rule + " is switched off and nothing is noticed");
    System.out.println("without " + rule + ": " + result.failure());
    print(story, result);
  }

  private static void print(Object story, Explorer.Result result) {
    System.out.printf(
        "explored \"%s\": %d states, %d steps, depth %d%s%n",
        story,
        result.states(),
        result.steps(),
        result.depth(),
        result.exhausted() ? ", all there are" : "");
  }
}
