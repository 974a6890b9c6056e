package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.twinlog.replication.core.ReplicaEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class EventFeedTest {

  private final EventFeed feed = new EventFeed("r0");
  private int woken;

  private void publish(int number) {
    feed.publish(Instant.EPOCH, new ReplicaEvent("role", "", "event " + number, ""));
  }

  @Test
  void shouldGiveEachSubscriberEveryEventWhenItReadsInTime() {
    EventFeed.Subscription first = feed.subscribe(10, () -> woken++);
    EventFeed.Subscription second = feed.subscribe(10, () -> woken++);
    publish(1);
    publish(2);
    assertEquals("event 1", first.poll().event().to());
    assertEquals("event 2", first.poll().event().to());
    assertNull(first.poll());
    assertEquals("event 1", second.poll().event().to());
    assertEquals(4, woken);
    second.close();
    publish(3);
    assertEquals("event 2", second.poll().event().to());
    assertNull(second.poll());
  }

  @Test
  void shouldSayHowManyWereLostWhenTheSubscriberIsSlow() {
    EventFeed.Subscription slow = feed.subscribe(2, () -> {});
    for (int i = 1; i <= 5; i++) {
      publish(i);
    }
    assertEquals(0, slow.poll().lost());
    assertEquals("event 2", slow.poll().event().to());
    publish(6);
    EventFeed.Entry next = slow.poll();
    assertEquals("event 6", next.event().to());
    assertEquals(3, next.lost());
    publish(7);
    assertEquals(0, slow.poll().lost());
  }

  @Test
  void shouldKeepTheLastEventsWhenThereAreMany() {
    for (int i = 1; i <= 300; i++) {
      publish(i);
    }
    assertEquals(256, feed.recent().size());
    assertEquals("event 45", feed.recent().get(0).event().to());
  }
}
