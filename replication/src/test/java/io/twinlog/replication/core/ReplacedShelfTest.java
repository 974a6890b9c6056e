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
    replace(s, 2);
    // Both nodes have written their slots there.
    s.pass(Duration.ofSeconds(1));
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

  private static void replace(Scenario s, int shelf) {
    SimOperators operators = s.world.operators();
    operators.askPrimary("shelf fail", (replica, outcome) -> replica.failShelf(shelf, outcome));
    s.until(() -> (s.a.replica().shelves().live() & 1 << shelf) == 0, "the shelf is stale");
    s.world.shelves().put(shelf, s.world.shelves().get(shelf).blank());
    // Refused while the shelf is being opened.
    while ((s.a.replica().shelves().live() & 1 << shelf) == 0) {
      operators.askToReplace(shelf);
      s.pass(Duration.ofMillis(300));
    }
  }
}
