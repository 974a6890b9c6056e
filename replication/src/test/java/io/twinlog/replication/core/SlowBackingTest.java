package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.IoChain;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A backing that stalls or fails: design, sections 1.3 and 4. */
class SlowBackingTest {
  private static final int BLOCKS = 16;

  @Test
  void shouldAnswerAtOnceAndEndTheBatchAsOfItsCutWhenTheBackingStalls() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.alpha.write(0, BLOCKS, 1);
    long cut = committed(bench);
    bench.alpha.stall(chain -> true);
    // Some pieces of the batch are on their way, the others are not staged.
    bench.advance(Duration.ofSeconds(1));

    for (int i = 0; i < 300; i++) {
      bench.advance(Duration.ofMillis(100));
      assertTrue(bench.alpha.write(0, BLOCKS, 2 + i % 100).isAnswered(), "write " + i);
    }
    assertEquals("", bench.alpha.replica().report().suspended());
    assertTrue(bench.alpha.replica().isPair());
    bench.alpha.release();

    assertEquals(cut, bench.alpha.replica().report().backing().loggedNumber());
    for (int block = 0; block < BLOCKS; block++) {
      assertTrue(bench.isLogged(block, 1), "block " + block);
    }
    bench.settle();
    assertEquals(committed(bench), bench.alpha.replica().report().backing().loggedNumber());
  }

  @Test
  void shouldBeginTheBatchAgainWhenThereIsNoRoomForCopies() {
    Bench bench = Bench.pair(new Bench.Settings(BLOCKS, false, false, 2));
    bench.alpha.write(0, BLOCKS, 1);
    bench.alpha.stall(chain -> true);
    bench.advance(Duration.ofSeconds(1));

    assertTrue(bench.alpha.write(0, BLOCKS, 2).isAnswered());
    bench.alpha.release();
    bench.settle();

    assertEquals(committed(bench), bench.alpha.replica().report().backing().loggedNumber());
    for (int block = 0; block < BLOCKS; block++) {
      assertTrue(bench.isLogged(block, 2), "block " + block);
    }
  }

  /** What a failed sync may have lost can be written again only while somebody has it. */
  @Test
  void shouldMakeTheOtherPiecesDurableBeforeTheLastOneIsWritten() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    List<String> chains = new ArrayList<>();
    bench.alpha.stall(
        chain -> {
          if (chain.lane() == IoChain.Lane.LOG) {
            chains.add(chain.name() + (hasSync(chain) ? " with sync" : ""));
          }
          return false;
        });
    bench.alpha.write(0, BLOCKS, 1);
    bench.settle();

    assertEquals(
        List.of(
            "log append", "log append", "log append", "log sync with sync", "log append with sync"),
        chains);
  }

  @Test
  void shouldWriteEveryPieceAgainWhenTheirSyncFails() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    List<Long> written = new ArrayList<>();
    bench.alpha.stall(
        chain -> {
          if (chain.name().equals("log append")) {
            written.add(((IoChain.Write) chain.steps().get(0)).offsetBytes());
          }
          return false;
        });
    bench.alpha.fail(chain -> chain.name().equals("log sync"));
    bench.alpha.write(0, BLOCKS, 1);
    bench.advance(Duration.ofMillis(600));
    List<Long> first = List.copyOf(written);
    assertEquals(3, first.size());
    bench.alpha.fail(chain -> false);
    written.clear();
    bench.settle();

    assertEquals(first, written.subList(0, 3));
    assertEquals(committed(bench), bench.alpha.replica().report().backing().loggedNumber());
  }

  @Test
  void shouldSayOkAgainWhenAnErrorIsOverAlthoughNothingIsWritten() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.alpha.fail(chain -> true);
    bench.settle();
    assertFalse(bench.alpha.replica().report().backing().state().equals("ok"));
    bench.alpha.fail(chain -> false);
    bench.settle();

    assertEquals("ok", bench.alpha.replica().report().backing().state());
  }

  @Test
  void shouldSuspendAndGoOnByItselfWhenNeitherPeerNorBackingCanBeReached() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.alpha.write(0, 1, 1);
    bench.alpha.fail(chain -> true);
    bench.beta.kill();
    bench.disconnect();
    BenchRequest write = bench.alpha.write(0, 1, 2);
    BenchRequest read = bench.alpha.read(0, 1);
    bench.settle();

    assertFalse(write.isAnswered() || read.isAnswered());
    String why = bench.alpha.replica().report().suspended();
    assertTrue(why.contains("view") && why.contains("failed by the test"), why);
    bench.alpha.fail(chain -> false);
    bench.settle();

    assertTrue(write.isAnswered() && read.isAnswered());
    assertEquals("", bench.alpha.replica().report().suspended());
  }

  @Test
  void shouldSayHowMuchOnlyOneRamHoldsAndHowLongTheLogTakesForIt() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.alpha.write(0, BLOCKS, 1);
    bench.alpha.stall(chain -> chain.name().startsWith("log"));
    bench.beta.kill();
    bench.disconnect();
    bench.settle();

    ReplicaReport exposed = bench.alpha.replica().report();
    assertEquals(BLOCKS * Bench.BLOCK, exposed.exposureBytes());
    assertTrue(exposed.exposureMillis() >= 1);
    bench.alpha.release();
    bench.settle();
    assertEquals(0, bench.alpha.replica().report().exposureBytes());
    assertEquals(0, bench.alpha.replica().report().exposureMillis());
  }

  private static boolean hasSync(IoChain chain) {
    return chain.steps().stream().anyMatch(step -> step instanceof IoChain.Sync);
  }

  private static long committed(Bench bench) {
    return bench.alpha.replica().report().backing().committedNumber();
  }
}
