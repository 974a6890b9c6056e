package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

/** The pace on a link that carries so many bytes per second, one piece after the other. */
class ResyncPaceTest {
  private static final int PIECE = SyncSource.PIECE_BYTES;
  private static final long MIB = 1 << 20;

  /** A link, a target that confirms, and a source that asks every 100 us. */
  private static final class Model {
    private static final long STEP_NANOS = 100_000;
    private static final long LATENCY_NANOS = 200_000;

    final ResyncPace pace;
    final ArrayDeque<long[]> onTheWay = new ArrayDeque<>();
    long now;
    long freeAt;
    long unconfirmed;
    long sent;
    long longestQueueNanos;
    long requests;

    Model(ResyncRates rates) {
      pace = new ResyncPace(rates, ResyncSizes.USUAL);
      pace.begin(0);
    }

    /** Returns the bytes per second that went out. */
    double run(double seconds, double linkBytesPerSecond, boolean busy) {
      long end = now + (long) (seconds * 1e9);
      long before = sent;
      longestQueueNanos = 0;
      while (now < end) {
        now += STEP_NANOS;
        while (!onTheWay.isEmpty() && onTheWay.peek()[1] <= now) {
          long[] piece = onTheWay.remove();
          unconfirmed -= PIECE;
          pace.confirmed(PIECE, piece[1] - piece[0], now);
        }
        if (busy) {
          // Clients who do not feel any of it.
          requests++;
          pace.care().turn(requests, requests - requests % 2, unconfirmed > 0, now);
        }
        while (pace.maySend(unconfirmed, busy, now)) {
          pace.sent(PIECE, now);
          unconfirmed += PIECE;
          sent += PIECE;
          longestQueueNanos = Math.max(longestQueueNanos, freeAt - now);
          freeAt = Math.max(freeAt, now) + (long) (PIECE * 1e9 / linkBytesPerSecond);
          onTheWay.add(new long[] {now, freeAt + LATENCY_NANOS});
        }
      }
      return (sent - before) / seconds;
    }
  }

  @Test
  void shouldUseALinkFullyWhenNobodyElseIsThere() {
    Model model = new Model(ResyncRates.defaults());
    assertTrue(model.run(5, 100 * MIB, false) > 95 * MIB);
  }

  @Test
  void shouldUseALinkFullyAndHardlyQueueWhenClientsAreThere() {
    Model model = new Model(ResyncRates.defaults());
    model.run(1, 100 * MIB, true);
    double rate = model.run(5, 100 * MIB, true);
    // In four fifths of the time.
    assertTrue(rate > 70 * MIB, () -> rate + " bytes/s");
    // What a write finds before it on the link.
    assertTrue(
        model.longestQueueNanos < 3 * ResyncPace.TARGET_NANOS,
        () -> model.longestQueueNanos + " ns");
  }

  @Test
  void shouldGrowWhenTheLinkTakesMoreThanTheFirstPieces() {
    Model model = new Model(ResyncRates.defaults());
    model.run(2, 4000 * MIB, true);
    double rate = model.run(1, 4000 * MIB, true);
    // Two pieces each time that they come back, some 0.4 ms later, would be half as much.
    assertTrue(rate > 800 * MIB, () -> rate + " bytes/s");
  }

  @Test
  void shouldYieldWhenTheLinkGetsSlower() {
    Model model = new Model(ResyncRates.defaults());
    model.run(2, 1000 * MIB, true);
    model.run(1, 20 * MIB, true);
    model.run(2, 20 * MIB, true);
    assertTrue(
        model.longestQueueNanos < 2 * PIECE * 1_000_000_000L / (20 * MIB),
        () -> model.longestQueueNanos + " ns");
  }

  @Test
  void shouldNotGoBelowTheLeastNorAboveTheGreatestRate() {
    Model slow = new Model(new ResyncRates(8 * MIB, 100 * MIB));
    // The link holds everything up; the least rate goes out all the same.
    slow.run(1, 50 * MIB, true);
    assertTrue(slow.run(4, 9 * MIB, true) >= 7.5 * MIB);
    Model fast = new Model(new ResyncRates(MIB, 10 * MIB));
    fast.run(1, 1000 * MIB, false);
    assertEquals(10.0 * MIB, fast.run(4, 1000 * MIB, false), 0.6 * MIB);
  }
}
