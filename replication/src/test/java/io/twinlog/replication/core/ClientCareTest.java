package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One client, and a resync's pieces, before a server that does one thing after the other. */
class ClientCareTest {
  private static final int PIECE = SyncSource.BUSY_PIECE_BYTES;
  private static final long MIB = 1 << 20;
  private static final long STEP_NANOS = 10_000;
  private static final long WINDOW_NANOS = 20_000_000;

  private final ClientCare care = new ClientCare(ResyncRates.defaults());
  private final Random random = new Random(1);
  private long now;
  private long taken;
  private long answered;
  private long freeAt;
  private long answerAt;
  private long submitAt;
  private long submittedAt;
  private long pieceUntil;
  private long sentBytes;
  private long[] delays = new long[1 << 20];
  private int count;

  /** What a piece takes of the server that requests go through, and how long it is under way. */
  private long pieceNanos;

  private long thinkNanos = 30_000;
  private double lostShare;

  ClientCareTest() {
    care.begin(0);
  }

  /** Returns the bytes per second that went out; fills {@link #delays}. */
  private double run(double seconds, boolean withPieces) {
    long end = now + (long) (seconds * 1e9);
    long before = sentBytes;
    count = 0;
    while (now < end) {
      now += STEP_NANOS;
      if (taken == answered && now >= submitAt) {
        taken++;
        submittedAt = now;
        long service = 80_000 + (long) (-Math.log(1 - random.nextDouble()) * 60_000);
        // Others on the processor.
        long lost = random.nextDouble() < lostShare ? 1_000_000 + random.nextInt(4_000_000) : 0;
        freeAt = Math.max(freeAt, now) + service + lost;
        answerAt = freeAt;
      }
      if (taken > answered && now >= answerAt) {
        answered++;
        delays[count++] = now - submittedAt;
        submitAt = now + thinkNanos;
      }
      if (withPieces) {
        care.turn(taken, answered, now < pieceUntil, now);
        // The window bounds what is before the server.
        if (freeAt - now < WINDOW_NANOS && care.maySend(now)) {
          care.sent(PIECE);
          sentBytes += PIECE;
          freeAt = Math.max(freeAt, now) + pieceNanos;
          pieceUntil = freeAt + 50_000;
        }
      }
    }
    return (sentBytes - before) / seconds;
  }

  private double quantile(double share) {
    long[] sorted = Arrays.copyOf(delays, count);
    Arrays.sort(sorted);
    return sorted[(int) (count * share)];
  }

  @Test
  void shouldKeepClientsAboutAsFastWhenPiecesAreInTheirWay() {
    pieceNanos = 60_000;
    run(2, false);
    double alone95 = quantile(0.95);
    double alone99 = quantile(0.99);
    run(5, true);
    double rate = run(10, true);
    assertTrue(quantile(0.95) < 1.4 * alone95, () -> quantile(0.95) / alone95 + " times at 95 %");
    assertTrue(quantile(0.99) < 1.5 * alone99, () -> quantile(0.99) / alone99 + " times at 99 %");
    // All that the server has left would be some 300.
    assertTrue(rate > 20 * MIB, () -> rate / MIB + " MiB/s");
  }

  @Test
  void shouldGoFastWhenClientsDoNotFeelIt() {
    pieceNanos = 0;
    run(3, true);
    double rate = run(2, true);
    // A piece in each turn is all there is, four fifths of the time.
    double all = PIECE * 1e9 / STEP_NANOS;
    assertTrue(rate > all / 3, () -> rate / MIB + " MiB/s");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.04, 0.05, 0.06, 0.1})
  void shouldNotTakeWhatOthersDoForItsOwnDoing(double share) {
    pieceNanos = 1_000;
    lostShare = share;
    run(5, true);
    double rate = run(10, true);
    assertTrue(rate > 100 * MIB, () -> rate / MIB + " MiB/s");
  }

  @Test
  void shouldYieldWhenClientsBeginToFeelIt() {
    pieceNanos = 0;
    run(3, true);
    pieceNanos = 60_000;
    run(5, true);
    double slow = quantile(0.95);
    run(5, true);
    double with = quantile(0.95);
    assertTrue(with <= slow, () -> with + " after " + slow);
    run(2, false);
    double alone = quantile(0.95);
    assertTrue(with < 1.5 * alone, () -> with / alone + " times");
  }

  @Test
  void shouldStillGoWhenClientsAskRarely() {
    pieceNanos = 60_000;
    thinkNanos = 30_000_000;
    double rate = run(10, true);
    assertTrue(rate > 20 * MIB, () -> rate / MIB + " MiB/s");
  }

  @Test
  void shouldKeepToTheConfiguredRates() {
    ClientCare bounded = new ClientCare(new ResyncRates(MIB, 10 * MIB));
    bounded.begin(0);
    long sent = 0;
    for (long t = 0; t < 4_000_000_000L; t += STEP_NANOS) {
      bounded.turn(t / STEP_NANOS, t / STEP_NANOS, false, t);
      if (bounded.maySend(t)) {
        bounded.sent(PIECE);
        sent += PIECE;
      }
    }
    // In four fifths of the time.
    assertEquals(32.0 * MIB, (double) sent, 1.0 * MIB);
  }

  @Test
  void shouldNotLetAFewLongDelaysCountMuch() {
    TypicalDelay delay = new TypicalDelay();
    assertEquals(0, delay.nanos());
    for (int i = 0; i < 99; i++) {
      delay.add(100_000);
    }
    assertEquals(100_000, delay.nanos(), 1);
    delay.add(10_000_000);
    assertEquals(105_000, delay.nanos(), 1_000);
    delay.halve();
    assertEquals(50, delay.count());
    assertEquals(105_000, delay.nanos(), 1_000);
    delay.clear();
    delay.add(0);
    assertEquals(1, delay.nanos(), 0.001);
  }
}
