package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.shelf.IoChain;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A restarted secondary whose blocks the backing has. */
class BackingFillTest {
  private static final int BLOCKS = 64;

  private Bench bench;

  @BeforeEach
  void start() {
    bench = Bench.pair(new Bench.Settings(BLOCKS, false, false, BLOCKS));
    for (int block = 0; block < BLOCKS; block++) {
      bench.alpha.write(block, 1, 1 + block);
    }
    bench.settle();
    assertEquals(checkpoint().committedNumber(), checkpoint().checkpointNumber());
    restart();
  }

  private static boolean isRead(IoChain chain) {
    return chain.name().equals("resync read");
  }

  private void restart() {
    bench.beta.kill();
    bench.disconnect();
    bench.settle();
    bench.beta.start();
    bench.settle();
  }

  private ReplicaReport.BackingState checkpoint() {
    return bench.alpha.replica().report().backing();
  }

  private long fromBacking() {
    return bench.beta.replica().syncCounters().backingBytes();
  }

  /** Until the first reads of the target are held up. */
  private void untilItReads() {
    bench.beta.stall(BackingFillTest::isRead);
    bench.connect();
    while (bench.beta.buffersOut() < 2) {
      bench.step();
    }
  }

  private void endsWell() {
    bench.settle();
    assertTrue(bench.alpha.replica().isPair());
    assertArrayEquals(bench.alpha.ram(), bench.beta.ram());
  }

  @Test
  void shouldTakeFromTheBackingWhatTheLinkHasNotBrought() {
    bench.connect();
    endsWell();
    assertTrue(fromBacking() > 0);
    assertEquals(fromBacking(), bench.alpha.replica().syncCounters().backingBytes());
    assertEquals(0, bench.beta.buffersOut());
  }

  @Test
  void shouldBeFilledByThePeerWhenTheBackingHangs() {
    bench.beta.stall(BackingFillTest::isRead);
    bench.connect();
    endsWell();
    assertEquals(0, fromBacking());
    // What was read at last is dropped.
    bench.alpha.write(0, BLOCKS, 77);
    bench.beta.release();
    endsWell();
    assertEquals(0, fromBacking());
    assertEquals(0, bench.beta.buffersOut());
  }

  @Test
  void shouldBeFilledByThePeerWhenTheBackingFails() {
    bench.beta.fail(BackingFillTest::isRead);
    bench.connect();
    endsWell();
    assertEquals(0, fromBacking());
    assertEquals(0, bench.beta.buffersOut());
  }

  @Test
  void shouldNotReplaceALiveWriteByWhatWasRead() {
    untilItReads();
    bench.alpha.write(0, 8, 99);
    bench.beta.release();
    endsWell();
    assertEquals(99, bench.beta.ram()[0]);
  }

  @Test
  void shouldNotTakeWhatIsNotThePrimarysContent() {
    bench.backing()[2 * Bench.BLOCK + 5] ^= 1;
    bench.connect();
    endsWell();
    assertTrue(fromBacking() > 0);
  }

  @Test
  void shouldDropWhatWasReadForAResyncThatHasEnded() {
    untilItReads();
    bench.disconnect();
    bench.connect();
    endsWell();
    bench.beta.release();
    endsWell();
    assertEquals(0, bench.beta.buffersOut());
  }

  @Test
  void shouldBeFilledAnewWhenTheTargetDiesInTheMiddle() {
    untilItReads();
    restart();
    bench.beta.stall(chain -> false);
    bench.connect();
    endsWell();
  }

  @Test
  void shouldCloseTheLinkWhenDigestsAreNotOfBlocksOfTheDevice() {
    for (long offset : new long[] {1, (long) BLOCKS * Bench.BLOCK, Long.MAX_VALUE - 4095}) {
      untilItReads();
      Replica target = bench.beta.replica();
      target.peerDigests(target.link().out, 1, offset, Unpooled.buffer().writeZero(16));
      assertNull(target.link());
      bench.beta.release();
      bench.settle();
    }
  }

  @Test
  void shouldCloseTheLinkWhenAnAnswerIsNotOfBlocksOfTheDevice() {
    untilItReads();
    Replica source = bench.alpha.replica();
    assertFalse(source.isPair());
    long view = source.view().number();
    PeerOut from = source.link().out;
    source.peerControl(from, new PeerControl.DigestAnswer(view, 0, 65, 0));
    assertNull(source.link());
  }
}
