package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Recovery.Recovered;
import java.time.Duration;
import java.time.Instant;

/** Says how old a recovered state may be, by the wall clocks of those who wrote and read it. */
final class LogAge {
  private LogAge() {}

  /** Such as {@code " (2026-01-02T03:04:05.678Z, 12 s ago)"}; empty when it is not known. */
  static String of(Recovered recovered, Effects effects) {
    long now = effects.wallClockMillis();
    if (recovered.millis() == 0 || now == 0) {
      return "";
    }
    Duration age = Duration.ofMillis(Math.max(0, now - recovered.millis()));
    return " (%s, %s ago)".formatted(Instant.ofEpochMilli(recovered.millis()), words(age));
  }

  private static String words(Duration age) {
    if (age.toSeconds() < 120) {
      return "%d.%d s".formatted(age.toSeconds(), age.toMillisPart() / 100);
    }
    if (age.toMinutes() < 120) {
      return age.toMinutes() + " min";
    }
    return age.toHours() < 48 ? age.toHours() + " h" : age.toDays() + " days";
  }
}
