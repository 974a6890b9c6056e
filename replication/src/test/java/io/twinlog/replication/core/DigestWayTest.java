package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DigestWayTest {
  private static final int BLOCKS = 64;
  private static final int BLOCK = BlockTable.BLOCK_BYTES;

  /** Pieces of four blocks, and a window of eight; two and four while clients are there. */
  private static final ResyncSizes SIZES = new ResyncSizes(2, 1, 2, 4, 2, 8, 4);

  private final DigestWay way = new DigestWay(new HeapRam(BLOCKS * BLOCK), SIZES);
  private final BitSet toSend = new BitSet();

  @BeforeEach
  void begin() {
    toSend.set(0, BLOCKS);
    way.begin(true, 1, 0);
  }

  private void ask(int blocks, long now) {
    int first = way.next(toSend);
    way.ask(first, first + blocks, now).release();
    toSend.clear(first, first + blocks);
    way.passed(first + blocks);
  }

  private int answer(int first, int blocks, long missing, long now) {
    return way.answered(
        new PeerControl.DigestAnswer(1, (long) first * BLOCK, blocks, missing), toSend, now);
  }

  @Test
  void shouldKeepToItsWindowAndToBlocksThatHaveNotGoneThisWay() {
    ask(4, 0);
    assertTrue(way.maySend(false, 0));
    assertFalse(way.maySend(true, 0));
    ask(4, 0);
    assertFalse(way.maySend(false, 0));
    assertEquals(3, answer(0, 4, 0b0100, 0));
    assertTrue(way.maySend(false, 0));
    assertTrue(toSend.get(2));
    assertEquals(8, way.next(toSend));
    assertEquals(4, answer(4, 4, 0, 0));
    assertTrue(way.isSettled());
  }

  @Test
  void shouldNotHearAnAnswerAboutWhatWasTakenBack() {
    ask(4, 0);
    assertEquals(4, way.askedEnd());
    assertEquals(2, way.takeBack(4, false));
    assertEquals(2, answer(0, 4, 0b1000, 0));
    assertFalse(toSend.get(3));
    assertTrue(way.isSettled());
  }

  @Test
  void shouldRestWhenLittleIsFound() {
    for (int first = 0; first < 8; first += 4) {
      ask(4, 0);
      answer(first, 4, first == 0 ? 0b1110 : 0b1111, 5);
    }
    assertFalse(way.maySend(false, DigestWay.REST_NANOS));
    assertTrue(way.maySend(false, DigestWay.REST_NANOS + 5));
  }

  @Test
  void shouldRestWhenTheLinkIsMuchQuicker() {
    ask(4, 0);
    long now = DigestWay.SAMPLE_NANOS;
    way.measure(0);
    ask(4, 1);
    answer(0, 4, 0, 1);
    way.linkBrought(8 * 4 * BLOCK);
    way.measure(now);
    assertTrue(way.maySend(false, now));
    way.linkBrought(1);
    way.measure(2 * now);
    assertFalse(way.maySend(false, 2 * now));
  }

  @Test
  void shouldNotCompareTheWaysWhileNothingIsLookedFor() {
    way.linkBrought(1 << 20);
    way.measure(DigestWay.SAMPLE_NANOS);
    ask(4, DigestWay.SAMPLE_NANOS);
    way.measure(2 * DigestWay.SAMPLE_NANOS - 1);
    assertTrue(way.maySend(false, 2 * DigestWay.SAMPLE_NANOS));
  }

  @Test
  void shouldNotCountAHangingBackingAsMoving() {
    ask(4, 0);
    assertTrue(way.isMoving(1));
    assertFalse(way.isMoving(1_000_000_000));
  }
}
