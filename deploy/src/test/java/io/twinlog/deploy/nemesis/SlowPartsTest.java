package io.twinlog.deploy.nemesis;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The backing stalls, the peer is paused, the link goes without a word, clients flood: the others'
 * writes go on, and memory stays within its limits.
 */
@Tag("process")
final class SlowPartsTest {

  private static final long LONG_MILLIS = Long.getLong("twinlog.nemesis.long", 5_000);
  private static final long LIMIT_SECONDS = 600;

  @Test
  void shouldGoOnWhenAPartIsSlowOrDead() throws Exception {
    Own.need();
    Own.run(SlowPartsMain.class, "slow-parts", LIMIT_SECONDS, List.of(Long.toString(LONG_MILLIS)));
  }
}
