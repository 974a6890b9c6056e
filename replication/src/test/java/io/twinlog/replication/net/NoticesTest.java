package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NoticesTest {

  private final List<String> told = new ArrayList<>();
  private long nowSeconds;
  private final Notices notices =
      new Notices(
          () -> TimeUnit.SECONDS.toNanos(nowSeconds),
          (state, line) -> told.add(state + " " + line));

  @Test
  void shouldTellOnceAMinuteWhenALineComesAgain() {
    for (nowSeconds = 0; nowSeconds < 130; nowSeconds++) {
      notices.tell("refused", "why");
    }
    assertEquals(List.of("refused why", "refused why", "refused why"), told);
  }

  @Test
  void shouldTellAtOnceWhenALineIsAnother() {
    notices.tell("refused", "why");
    notices.tell("refused", "why not");
    notices.tell("refused", "why");
    assertEquals(List.of("refused why", "refused why not"), told);
  }

  @Test
  void shouldStopTellingWhenStrangersInventLines() {
    for (int i = 0; i < 1000; i++) {
      notices.tell("refused", "because of " + i);
    }
    assertEquals(20, told.size());
    nowSeconds = 60;
    notices.tell("refused", "because of 1000");
    assertEquals(21, told.size());
  }

  @Test
  void shouldTellAgainWhenTheLinkWasUp() {
    notices.tell("refused", "why");
    notices.reset();
    notices.tell("refused", "why");
    assertEquals(2, told.size());
  }

  @Test
  void shouldDoubleTheWaitUpToItsLimitWhenAttemptsFail() {
    Backoff backoff = new Backoff(100, new SplittableRandom(1));
    for (long expected : new long[] {100, 200, 400, 800, 1600, 2000, 2000}) {
      long wait = backoff.failed(2000);
      assertTrue(wait >= expected * 3 / 4 && wait <= expected * 5 / 4, expected + " " + wait);
    }
    backoff.succeeded();
    assertTrue(backoff.failed(2000) <= 125);
  }
}
