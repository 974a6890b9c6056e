package io.twinlog.appliance.config;

import io.twinlog.appliance.text.Units;
import io.twinlog.replication.core.ReplicaConfig.Timing;
import java.time.Duration;
import java.util.Optional;

/** Reads a {@code timing} block: each interval by itself, then those that depend on one another. */
final class TimingReader {

  private static final Duration MIN = Duration.ofMillis(10);
  private static final Duration MAX = Duration.ofMinutes(10);

  private TimingReader() {}

  static Timing read(Optional<Section> section) {
    Timing defaults = Timing.defaults();
    if (section.isEmpty()) {
      return defaults;
    }
    Section block = section.get();
    Timing timing =
        new Timing(
            block.duration("heartbeat", defaults.heartbeat(), MIN, MAX),
            block.duration("peer-timeout", defaults.peerTimeout(), MIN, MAX),
            block.duration("confirm-timeout", defaults.confirmTimeout(), MIN, MAX),
            block.duration("takeover-delay", defaults.takeoverDelay(), Duration.ZERO, MAX),
            block.duration("counter-interval", defaults.counterInterval(), MIN, MAX),
            block.duration("lone-takeover", defaults.loneTakeover(), MIN, MAX),
            block.duration("destage-delay", defaults.destageDelay(), Duration.ZERO, MAX));
    // One sign of life may be lost or late without consequence.
    atLeast(block, "peer-timeout", timing.peerTimeout(), 3, "heartbeat", timing.heartbeat());
    atLeast(
        block,
        "lone-takeover",
        timing.loneTakeover(),
        3,
        "counter-interval",
        timing.counterInterval());
    atLeast(block, "confirm-timeout", timing.confirmTimeout(), 2, "heartbeat", timing.heartbeat());
    block.finish();
    return timing;
  }

  private static void atLeast(
      Section block, String key, Duration value, int times, String other, Duration otherValue) {
    if (value.compareTo(otherValue.multipliedBy(times)) < 0) {
      block.wrong(
          key,
          Units.millis(value.toMillis())
              + " is too short for "
              + other
              + " = "
              + Units.millis(otherValue.toMillis())
              + "; allowed: at least "
              + times
              + " times as long");
    }
  }
}
