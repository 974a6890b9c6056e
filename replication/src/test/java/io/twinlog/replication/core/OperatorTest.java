package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What operators are told, and that what was refused has not happened (design, section 7). */
class OperatorTest {

  @Test
  void shouldPromoteExactlyOneWhenBothAreAskedAtTheSameMoment() {
    for (int delay = 0; delay < 60; delay++) {
      Bench bench = new Bench();
      bench.startBoth();
      bench.alpha.stall(chain -> false);
      BenchOutcome first = bench.alpha.promote(false, false);
      // The second operator comes at some moment of the first one's promotion.
      for (int i = 0; i < delay; i++) {
        bench.step();
      }
      BenchOutcome second = bench.beta.promote(false, false);
      bench.settle();

      assertTrue(first.isDone() ^ second.isDone(), first + " and " + second + " at " + delay);
      BenchOutcome refused = first.isDone() ? second : first;
      assertTrue(refused.isRefused(), refused::toString);
      assertTrue(bench.alpha.replica().isPrimary() ^ bench.beta.replica().isPrimary());
      assertEquals(first.isDone(), bench.alpha.replica().isPrimary());
      assertTrue(bench.alpha.replica().isPair(), "both are members");
    }
  }

  @Test
  void shouldRefuseAPromotionAndNameSwitchoverWhenThePrimaryIsConnected() {
    Bench bench = Bench.pair(Bench.Settings.usual());

    BenchOutcome outcome = bench.beta.promote(false, false);
    bench.settle();

    assertRefused(outcome, "use switchover");
    assertTrue(bench.alpha.replica().isPrimary() && bench.alpha.replica().isPair());
  }

  @Test
  void shouldRefuseAPromotionOfAnOutdatedNodeWhileThePrimaryLives() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.disconnect();
    bench.settle();

    BenchOutcome outcome = bench.beta.promote(false, false);
    bench.settle();

    assertRefused(outcome, "alive and primary");
    assertEquals(Copy.OUTDATED, bench.beta.replica().copy());
    assertTrue(bench.alpha.replica().isPrimary());
  }

  @Test
  void shouldRefuseASwitchoverWhenThereIsNoPeer() {
    Bench bench = Bench.alone(Bench.Settings.usual());
    BenchOutcome atPrimary = new BenchOutcome();
    bench.alpha.replica().switchover(atPrimary);

    assertRefused(atPrimary, "beta is not connected");

    bench.beta.start();
    bench.settle();
    BenchOutcome atSecondary = new BenchOutcome();
    bench.beta.replica().switchover(atSecondary);
    assertRefused(atSecondary, "alpha is not connected");
  }

  @Test
  void shouldSayThatNothingWasLostWhenALossIsAcceptedInVain() {
    Bench bench = new Bench();
    bench.startBoth();

    BenchOutcome outcome = bench.alpha.promote(false, true);
    bench.settle();

    assertTrue(outcome.isDone(), outcome::toString);
    assertFalse(outcome.isWithLoss());
    assertTrue(outcome.line().contains("nothing was lost"), outcome::toString);
    BenchOutcome again = bench.alpha.promote(false, true);
    bench.run();
    assertTrue(again.line().contains("nothing was lost"), again::toString);
  }

  @Test
  void shouldRefuseUntilTheLossIsAcceptedWhenBothWereKilled() {
    Bench bench = Bench.pair(Bench.Settings.usual());
    bench.alpha.write(0, 1, 1);
    bench.settle();
    bench.alpha.stall(chain -> chain.name().startsWith("log"));
    bench.alpha.write(0, 1, 2);
    bench.settle();
    bench.alpha.kill();
    bench.beta.kill();
    bench.startBoth();

    BenchOutcome refused = bench.beta.promote(false, false);
    bench.settle();
    assertRefused(refused, "--accept-loss");
    assertTrue(refused.line().contains("write 1"), refused::toString);

    BenchOutcome accepted = bench.beta.promote(false, true);
    bench.settle();
    assertTrue(accepted.isDone() && accepted.isWithLoss(), accepted::toString);
    assertEquals(1, bench.beta.ram()[0]);
  }

  @Test
  void shouldEndThePromotionWhenTheBackingDoesNotAnswerInTime() {
    Bench bench = new Bench();
    bench.startBoth();
    bench.alpha.stall(chain -> true);

    BenchOutcome outcome = bench.alpha.promote(false, false);
    bench.advance(Duration.ofSeconds(31));
    assertRefused(outcome, "given up");
    bench.alpha.release();
    bench.settle();

    assertFalse(bench.alpha.replica().isPrimary(), "it was given up");
    BenchOutcome again = bench.alpha.promote(false, false);
    bench.settle();
    assertTrue(again.isDone(), again::toString);
  }

  @Test
  void shouldPromoteWhenTheBackingCanBeReadAgainSoon() {
    for (String read : new String[] {"slot read", "checkpoint records read"}) {
      Bench bench = new Bench();
      bench.startBoth();
      bench.alpha.fail(chain -> chain.name().equals(read));
      BenchOutcome outcome = bench.alpha.promote(false, false);
      bench.advance(Duration.ofSeconds(3));
      assertFalse(outcome.isDone() || outcome.isRefused(), read + ": " + outcome);

      bench.alpha.fail(chain -> false);
      bench.settle();
      assertTrue(outcome.isDone(), read + ": " + outcome);
    }
  }

  @Test
  void shouldRefuseAPromotionWhenTheBackingCannotBeRead() {
    Bench bench = new Bench();
    bench.startBoth();
    bench.alpha.fail(chain -> chain.name().equals("slot read"));

    BenchOutcome outcome = bench.alpha.promote(false, false);
    bench.advance(Duration.ofSeconds(6));

    assertRefused(outcome, "the backing cannot be read");
  }

  @Test
  void shouldEndAMarkedPromotionWhenTheBackingCannotBeSurveyedInTime() {
    Bench bench = new Bench();
    bench.startBoth();
    bench.alpha.fail(chain -> chain.name().equals("checkpoint records read"));

    BenchOutcome outcome = bench.alpha.promote(false, false);
    bench.advance(Duration.ofSeconds(31));
    assertRefused(outcome, "given up");
    bench.alpha.fail(chain -> false);
    bench.settle();

    assertFalse(bench.alpha.replica().isPrimary(), "it was given up");
    BenchOutcome other = bench.beta.promote(false, false);
    bench.settle();
    assertTrue(other.isDone(), other::toString);
  }

  @Test
  void shouldSayThatItIsProposedWhenTheBackingStopsAnsweringTooLate() {
    Bench bench = new Bench();
    BenchOutcome outcome = promoteUntil(bench, bench.alpha::isProposing);
    bench.alpha.stall(chain -> true);
    bench.advance(Duration.ofSeconds(31));

    assertRefused(outcome, "is proposed");
    BenchOutcome again = bench.alpha.promote(false, false);
    bench.run();
    assertRefused(again, "waits for the backing");
    bench.alpha.release();
    bench.settle();
    assertTrue(bench.alpha.replica().isPrimary());
  }

  @Test
  void shouldNotSayDoneWhileTheBackingDoesNotRecordWhatWasDecided() {
    Bench bench = new Bench();
    BenchOutcome outcome = promoteUntil(bench, () -> bench.alpha.replica().isPrimary());
    bench.alpha.fail(chain -> chain.name().equals("slot write"));
    bench.settle();
    assertFalse(outcome.isDone(), outcome::toString);

    bench.alpha.fail(chain -> false);
    bench.settle();
    assertTrue(outcome.isDone(), outcome::toString);
  }

  @Test
  void shouldSayThatItIsPrimaryWhenTheBackingStopsAnsweringTooLate() {
    Bench bench = new Bench();
    BenchOutcome outcome = promoteUntil(bench, () -> bench.alpha.replica().isPrimary());
    bench.alpha.fail(chain -> chain.name().equals("slot write"));
    bench.advance(Duration.ofSeconds(31));

    assertRefused(outcome, "should the node end before it does, promote again");
    assertTrue(bench.alpha.replica().isPrimary());
  }

  /** Alpha is promoted, so far. */
  private static BenchOutcome promoteUntil(Bench bench, BooleanSupplier reached) {
    bench.startBoth();
    BenchOutcome outcome = bench.alpha.promote(false, false);
    while (!reached.getAsBoolean()) {
      bench.step();
    }
    return outcome;
  }

  private static void assertRefused(BenchOutcome outcome, String reason) {
    assertTrue(outcome.isRefused() && outcome.line().contains(reason), outcome::toString);
  }
}
