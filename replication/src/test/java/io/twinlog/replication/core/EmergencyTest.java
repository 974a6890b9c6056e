package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Design, section 4, "Emergency", and {@code flush = log} of section 1. */
class EmergencyTest {

  @Test
  void shouldAcknowledgeOnlyWhatIsLoggedWhileItIsOn() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    BenchNode alpha = bench.alpha;
    alpha.emergency(true);
    alpha.stall(chain -> chain.name().startsWith("log"));

    BenchRequest write = alpha.write(3, 1, 7);
    BenchRequest flush = alpha.flush();
    bench.settle();
    assertFalse(write.isAnswered() || flush.isAnswered(), "it is in no log");
    assertEquals(7, bench.beta.ram()[3 * Bench.BLOCK], "it is in both RAMs all the same");
    BenchRequest read = alpha.read(3, 1);
    bench.settle();
    assertEquals(7, read.content()[0], "both hold it, so it may be read");

    alpha.release();
    assertTrue(write.isAnswered() && flush.isAnswered());
    assertTrue(bench.isLogged(3, 7));
  }

  @Test
  void shouldLogWhatIsDirtyAtOnceWhenItIsSwitchedOn() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    assertTrue(bench.alpha.write(3, 1, 7).isAnswered());
    assertFalse(bench.isLogged(3, 7), "the usual destage delay has not passed");

    bench.alpha.emergency(true);
    bench.advance(Duration.ofMillis(20));

    assertTrue(bench.isLogged(3, 7));
  }

  @Test
  void shouldTellTheOtherNodeAndAcknowledgeAsUsualAfterItIsSwitchedOff() {
    Bench bench = Bench.pair(Bench.Settings.usual());

    bench.beta.emergency(true);
    bench.run();
    assertTrue(bench.alpha.replica().report().emergency(), "the secondary was told by its UPS");

    bench.alpha.stall(chain -> chain.name().startsWith("log"));
    BenchRequest write = bench.alpha.write(3, 1, 7);
    assertFalse(write.isAnswered());
    bench.beta.emergency(false);
    bench.settle();
    assertTrue(write.isAnswered(), "both hold it, and that suffices again");
    assertFalse(bench.alpha.replica().report().emergency());
  }

  @Test
  void shouldTellAPeerThatConnectsLater() {
    Bench bench = Bench.alone(Bench.Settings.usual());
    bench.alpha.emergency(true);
    bench.beta.start();
    bench.settle();
    bench.connect();
    bench.settle();

    assertTrue(bench.beta.replica().report().emergency());
  }

  @Test
  void shouldSayWhyRequestsWaitWhenTheBackingFails() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.alpha.emergency(true);
    bench.alpha.fail(chain -> true);
    BenchRequest write = bench.alpha.write(3, 1, 7);
    bench.settle();

    assertFalse(write.isAnswered());
    assertTrue(bench.alpha.replica().report().suspended().contains("wait for the log"));
    bench.alpha.fail(chain -> false);
    bench.settle();
    assertTrue(write.isAnswered(), "it goes on by itself");
    assertEquals("", bench.alpha.replica().report().suspended());
    assertEquals("ok", bench.alpha.replica().report().backing().state());
  }

  @Test
  void shouldAnswerAFlushOnlyFromTheLogWhenTheResourceSaysSo() {
    Bench bench = Bench.pair(Bench.Settings.usual().withFlushToLog());
    bench.alpha.stall(chain -> chain.name().startsWith("log"));
    BenchRequest write = bench.alpha.write(3, 1, 7);
    BenchRequest forced = bench.alpha.forcedWrite(4, 1, 8);
    BenchRequest flush = bench.alpha.flush();
    bench.settle();

    assertTrue(write.isAnswered());
    assertFalse(forced.isAnswered() || flush.isAnswered());
    bench.alpha.release();
    assertTrue(forced.isAnswered() && flush.isAnswered());
    assertTrue(bench.isLogged(3, 7) && bench.isLogged(4, 8));
  }

  @Test
  void shouldGroupTheFlushesThatWaitWhenTheResourceSaysSo() {
    Bench bench = Bench.pair(Bench.Settings.usual().withFlushToLog());
    long before = bench.alpha.replica().report().counters().batches();
    bench.alpha.stall(chain -> chain.name().startsWith("log"));
    BenchRequest last = null;
    for (int i = 0; i < 10; i++) {
      bench.alpha.write(i, 1, 7);
      last = bench.alpha.flush();
    }
    bench.alpha.release();
    bench.run();

    assertTrue(last.isAnswered());
    long batches = bench.alpha.replica().report().counters().batches() - before;
    assertTrue(batches <= 2, "batches: " + batches);
  }
}
