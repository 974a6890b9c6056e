package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** A log that is faster, or slower, than the link to a resync's target. */
class LiveBrakeTest {
  private static final long MIB = 1 << 20;
  private static final long STEP_NANOS = 1_000_000;

  private long most;

  /** Returns the bytes per second that were committed. */
  private double run(double logBytesPerSecond, double linkBytesPerSecond) {
    LiveBrake brake = new LiveBrake();
    brake.begin(0);
    double committed = 0;
    double queued = 0;
    int steps = 5000;
    for (int i = 1; i <= steps; i++) {
      if (!brake.holds((long) queued)) {
        committed += logBytesPerSecond * STEP_NANOS / 1e9;
        queued += logBytesPerSecond * STEP_NANOS / 1e9;
      }
      most = Math.max(most, (long) queued);
      double out = Math.min(queued, linkBytesPerSecond * STEP_NANOS / 1e9);
      queued -= out;
      brake.confirmed((long) out, (long) queued, i * STEP_NANOS);
    }
    return committed * 1e9 / steps / STEP_NANOS;
  }

  @Test
  void shouldSlowClientsToTheLinkWhenItIsSlowerThanTheLog() {
    double rate = run(500 * MIB, 40 * MIB);
    assertEquals(40.0 * MIB, rate, 4.0 * MIB);
    // What the end of the resync has to wait for: not much more than a tenth of a second.
    assertTrue(most < 6 * MIB, () -> most + " bytes");
  }

  @Test
  void shouldNotBrakeWhenTheLinkIsFaster() {
    assertEquals(100.0 * MIB, run(100 * MIB, 400 * MIB), 0.5 * MIB);
  }

  @Test
  void shouldKeepTheEndShortWhenTheLinkIsVerySlow() {
    run(500 * MIB, MIB);
    assertTrue(most < MIB, () -> most + " bytes");
  }
}
