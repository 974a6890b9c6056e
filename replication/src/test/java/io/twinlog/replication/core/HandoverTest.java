package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Design, section 3, "switchover", asked for while clients write. */
class HandoverTest {

  @Test
  void shouldLogWhatClientsWaitForBeforeItHandsOver() {
    Bench bench = Bench.pair(Bench.Settings.usual().withFlushToLog());
    bench.alpha.stall(chain -> chain.name().startsWith("log"));
    BenchRequest inTheBatch = bench.alpha.forcedWrite(3, 1, 7);
    BenchRequest afterIt = bench.alpha.forcedWrite(4, 1, 8);
    BenchOutcome outcome = switchover(bench.alpha);
    bench.settle();
    assertFalse(inTheBatch.isAnswered() || afterIt.isAnswered(), "neither is in the log");

    bench.alpha.release();
    bench.settle();

    assertTrue(outcome.isDone(), outcome::toString);
    assertTrue(inTheBatch.isAnswered() && afterIt.isAnswered());
    assertTrue(bench.beta.replica().isPrimary() && bench.beta.replica().isPair());
  }

  @Test
  void shouldLogWhatClientsWaitForInEmergencyModeBeforeItHandsOver() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.alpha.emergency(true);
    bench.alpha.stall(chain -> chain.name().startsWith("log"));
    bench.alpha.write(3, 1, 7);
    BenchRequest afterIt = bench.alpha.write(4, 1, 8);
    BenchOutcome outcome = switchover(bench.beta);
    bench.settle();
    bench.alpha.release();
    bench.settle();

    assertTrue(outcome.isDone(), outcome::toString);
    assertTrue(afterIt.isAnswered());
    assertTrue(bench.beta.replica().isPrimary());
  }

  @Test
  void shouldLetClientsGoOnWhileALongBatchComesToItsEnd() {
    Bench bench = pairWithALongBatch();
    BenchOutcome outcome = switchover(bench.alpha);
    bench.advance(Duration.ofSeconds(20));

    BenchRequest write = bench.alpha.write(4, 1, 8);
    assertTrue(write.isAnswered(), "the secondary has it");
    assertTrue(outcome.isOpen(), outcome::toString);

    bench.alpha.release();
    bench.settle();
    assertTrue(outcome.isDone(), outcome::toString);
    assertTrue(bench.beta.replica().isPrimary());
  }

  @Test
  void shouldRefuseAndGoOnWhenTheBackingDoesNotComeToRest() {
    Bench bench = pairWithALongBatch();
    BenchOutcome outcome = switchover(bench.beta);
    bench.advance(Duration.ofSeconds(31));

    assertTrue(outcome.isRefused(), outcome::toString);
    assertTrue(outcome.line().contains("did not come to rest"), outcome::toString);
    assertTrue(bench.alpha.write(4, 1, 8).isAnswered());
    assertTrue(bench.alpha.replica().isPrimary());
  }

  private static Bench pairWithALongBatch() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.alpha.write(3, 1, 7);
    bench.alpha.stall(chain -> chain.name().startsWith("log"));
    bench.settle();
    return bench;
  }

  private static BenchOutcome switchover(BenchNode node) {
    BenchOutcome outcome = new BenchOutcome();
    node.replica().switchover(outcome);
    return outcome;
  }
}
