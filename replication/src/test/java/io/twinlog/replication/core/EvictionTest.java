package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvictionTest {
  private static final long SECOND = 1_000_000_000L;

  private final List<String> events = new ArrayList<>();
  private final Eviction eviction = new Eviction((from, to, detail) -> events.add(from + ">" + to));
  private long now;

  private void pass(long seconds, boolean pair) {
    for (long i = 0; i < seconds * 10; i++) {
      now += SECOND / 10;
      eviction.tick(now, pair);
    }
  }

  @Test
  void shouldWaitTwiceAsLongEachTimeUpToAMinuteWhenAPeerIsEvictedAgain() {
    pass(1, true);
    for (long wait : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      eviction.evicted("it does not confirm");
      assertEquals(wait * 1000, eviction.waitMillis());
      assertFalse(eviction.isOver());
      pass(wait, false);
      assertTrue(eviction.isOver());
      assertEquals(0, eviction.waitMillis());
      pass(10, true);
    }
    assertEquals(List.of(">evicted", "evicted>"), events.subList(0, 2));
  }

  @Test
  void shouldForgiveWhenThePeerStaysAMember() {
    pass(1, true);
    eviction.evicted("it does not confirm");
    eviction.evicted("it does not confirm");
    pass(3, false);
    pass(59, true);
    // A peer that leaves has not stayed.
    pass(1, false);
    pass(59, true);
    assertFalse(events.contains(">forgiven"), events::toString);
    pass(3, true);
    assertTrue(events.contains(">forgiven"), events::toString);
    eviction.evicted("it does not confirm");
    assertEquals(1000, eviction.waitMillis());
  }
}
