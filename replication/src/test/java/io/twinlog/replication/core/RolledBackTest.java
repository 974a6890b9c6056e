package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A backing that is exchanged for an older copy of itself: design, section 3, "Identity". */
class RolledBackTest {

  /** The next record of the slot is written to the older copy, and looks like the newest there. */
  @Test
  void shouldSuspendForGoodWhenTheBackingOfALonePrimaryIsRolledBack() {
    Scenario s = new Scenario().pair();
    s.answered(s.write(s.a, 0));
    s.crash(s.b);
    s.until(() -> !s.a.replica().isPair() && s.a.replica().isComplete(), "A is alone");
    byte[] older = s.world.shelf().bytes().clone();
    s.answered(s.write(s.a, 1));
    s.pass(Duration.ofMillis(200));

    byte[] bytes = s.world.shelf().bytes();
    System.arraycopy(older, 0, bytes, 0, bytes.length);

    s.unanswered(s.read(s.a, 1));
    assertTrue(suspended(s).contains("older than what this node wrote"), suspended(s));
    s.pass(Duration.ofSeconds(5));
    s.unanswered(s.write(s.a, 0));
    assertTrue(suspended(s).contains("older than what this node wrote"), suspended(s));
  }

  private static String suspended(Scenario s) {
    return s.a.replica().report().suspended();
  }
}
