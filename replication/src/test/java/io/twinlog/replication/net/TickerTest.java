package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TickerTest {

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<Long> ticks = new ArrayList<>();
  private long nowMillis;
  private long bursts;
  private Ticker ticker;

  @BeforeEach
  void start() {
    channel.freezeTime();
    ticker =
        new Ticker(
            channel.eventLoop(),
            () -> TimeUnit.MILLISECONDS.toNanos(nowMillis),
            () -> bursts,
            now -> ticks.add(TimeUnit.NANOSECONDS.toMillis(now)));
    ticker.start();
  }

  @AfterEach
  void close() {
    ticker.stop();
    channel.close().syncUninterruptibly();
  }

  private void pass(long millis) {
    nowMillis += millis;
    channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
    channel.runScheduledPendingTasks();
  }

  @Test
  void shouldTickAboutEveryTwentyMillisWhenTimePasses() {
    for (int i = 0; i < 100; i++) {
      pass(1);
    }
    assertEquals(List.of(20L, 40L, 60L, 80L, 100L), ticks);
  }

  @Test
  void shouldNotCatchUpWhenItWasLate() {
    pass(300);
    pass(10);
    assertEquals(List.of(300L), ticks);
    pass(10);
    assertEquals(List.of(300L, 320L), ticks);
  }

  @Test
  void shouldReadTheSocketsFirstWhenTheProcessWasStopped() {
    pass(20);
    pass(5000);
    assertEquals(List.of(20L), ticks);
    bursts++;
    pass(1);
    bursts++;
    pass(1);
    assertEquals(List.of(20L), ticks);
    pass(1);
    assertEquals(List.of(20L, 5023L), ticks);
    pass(20);
    assertEquals(List.of(20L, 5023L, 5043L), ticks);
  }

  @Test
  void shouldTickAtLastWhenMoreAndMoreArrivesAfterAStop() {
    pass(5000);
    for (int i = 0; i < 100; i++) {
      bursts++;
      assertEquals(List.of(), ticks);
      pass(1);
    }
    assertEquals(List.of(5100L), ticks);
  }

  @Test
  void shouldTickNoMoreWhenStopped() {
    ticker.stop();
    pass(100);
    assertEquals(List.of(), ticks);
  }
}
