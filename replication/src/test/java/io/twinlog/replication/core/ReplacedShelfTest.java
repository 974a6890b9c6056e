package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Shelves in whose place another medium was taken in are as good as any. */
class ReplacedShelfTest {

  /** With the first one lost they are the majority, which a promotion reads. */
  @Test
  void shouldNotOpenGoodShelvesAgainWhenANodeStartsWithoutAnotherOne() {
    Scenario s = new Scenario(SimOptions.scripted().staggered(3)).pair();
    replace(s, 1);
    bothHaveWritten(s);
    replace(s, 2);
    bothHaveWritten(s);
    s.crash(s.b);
    s.answered(s.write(s.a, 0));
    s.crash(s.a);
    s.world.shelf().unreachable[s.a.index()] = true;
    SimShelf.Hold second = s.holdReads(1, s.a, "slot read");
    SimShelf.Hold third = s.holdReads(2, s.a, "slot read");
    s.a.start();
    s.pass(Duration.ofMillis(1500));
    assertTrue(s.a.reopenings(0) > 0, "the lost shelf was not opened again");
    second.release();
    third.release();
    s.pass(Duration.ofMillis(1500));
    assertEquals(0, s.a.reopenings(1));
    assertEquals(0, s.a.reopenings(2));
    s.world.shelves().forEach(SimShelf::heal);
    s.promote(s.a);
    s.endsWell();
  }

  /** The first one replaced shows nothing of a node that is dead: the other one does. */
  @Test
  void shouldNotGiveUpTheOnlyShelfThatShowsBothSlots() {
    Scenario s = withOneShelfReplacedWhileAlone();
    assertTrue(!fail(s, 1).isDone(), "the other shelf was given up");
    s.b.start();
    s.until(() -> s.a.replica().isPair(), "the pair is there");
    bothHaveWritten(s);
    replace(s, 1);
    s.crash(s.b);
    s.answered(s.write(s.a, 1));
    s.crash(s.a);
    s.a.start();
    s.promote(s.a);
    s.endsWell();
  }

  @Test
  void shouldFindNobodyToPromoteWhenItIsGivenUp() {
    Scenario s = withOneShelfReplacedWhileAlone(Rule.SLOTS_OUTLIVE_SHELF);
    carryAway(s, 1);
    s.world.operators().askToReplace(1);
    s.pass(Duration.ofSeconds(1));
    s.crash(s.a);
    s.a.start();
    s.b.start();
    s.promotionRefused(s.a);
    s.promotionRefused(s.b);
  }

  private static Scenario withOneShelfReplacedWhileAlone(Rule... broken) {
    Scenario s = new Scenario(SimOptions.scripted().staggered(2), broken).pair();
    s.crash(s.b);
    s.answered(s.write(s.a, 0));
    replace(s, 0);
    return s;
  }

  private static SimOperators.Ask fail(Scenario s, int shelf) {
    SimOperators.Ask asked =
        s.world
            .operators()
            .askPrimary("shelf fail", (replica, outcome) -> replica.failShelf(shelf, outcome));
    s.until(asked::isOver, "an answer to " + asked);
    return asked;
  }

  /** They have noticed which medium is there, and have written their slots to it. */
  private static void bothHaveWritten(Scenario s) {
    s.pass(Duration.ofSeconds(3));
  }

  private static void carryAway(Scenario s, int shelf) {
    SimOperators.Ask asked = fail(s, shelf);
    assertTrue(asked.isDone(), asked::toString);
    s.until(() -> (s.a.replica().shelves().live() & 1 << shelf) == 0, "the shelf is stale");
    s.world.shelves().put(shelf, s.world.shelves().get(shelf).blank());
  }

  private static void replace(Scenario s, int shelf) {
    carryAway(s, shelf);
    // Refused while the shelf is being opened.
    for (int tries = 0; (s.a.replica().shelves().live() & 1 << shelf) == 0; tries++) {
      assertTrue(tries < 20, () -> "the shelf is not filled\n" + s.world.traceText());
      s.world.operators().askToReplace(shelf);
      s.pass(Duration.ofMillis(300));
    }
  }
}
