package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Views that change faster than checkpoints come to their end. */
class ManyViewsTest {
  private static final int VIEWS = View.MAX_LIMITS + 6;

  @Test
  void shouldGoOnWhenEveryLifeIsShorterThanACheckpoint() {
    Scenario s = new Scenario().alone();
    SimShelf.Hold checkpointOfA = s.holdWrites(s.a, "checkpoint");
    SimShelf.Hold checkpointOfB = s.holdWrites(s.b, "checkpoint");
    SimNode primary = s.a;
    for (int i = 0; i < VIEWS; i++) {
      s.write(primary, i % 4);
      s.pass(Duration.ofMillis(100));
      s.crash(primary);
      SimNode next = primary == s.a ? s.b : s.a;
      s.promote(next);
      primary.start();
      primary = next;
    }
    checkpointOfA.release();
    checkpointOfB.release();
    s.answered(s.write(primary, 0));
    s.endsWell();
  }
}
