package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * One of three shelves hangs in the middle of a write in place, is given up, and carries the write
 * out much later. Where the rule that counts it as under way is switched off, the same schedule
 * leaves older content on a shelf that is read.
 */
class HangingShelfTest {
  /** Holds a copy of the first blocks, and has a deadline. */
  private static final int HANGS = 1;

  /** So large that its batch makes a checkpoint due at once. */
  private static final int WHOLE_DEVICE = 8;

  @Test
  void shouldGoOnWithoutAShelfThatHangsAndFillItWhenItAnswers() {
    writeLandsLateAtTheSamePrimary();
    assertThrows(
        SimFailure.class, () -> writeLandsLateAtTheSamePrimary(Rule.GIVEN_UP_IS_UNDER_WAY));
  }

  private static void writeLandsLateAtTheSamePrimary(Rule... broken) {
    Scenario s = new Scenario(SimOptions.scripted().staggered(3), broken).pair();
    SimShelf.Hold late = hangInCheckpoint(s);
    s.answered(s.write(s.a, 0, WHOLE_DEVICE));
    s.checkpointed(s.a, 2);
    s.pass(Duration.ofSeconds(3));
    late.release();
    s.pass(Duration.ofMillis(1));
    s.checkBacking();
    filled(s, s.a);
    s.endsWell();
  }

  @Test
  void shouldFillAShelfOfAFormerPrimaryOnlyWhenItAnswersThat() {
    writeLandsLateUnderTheNextPrimary();
    assertThrows(
        SimFailure.class, () -> writeLandsLateUnderTheNextPrimary(Rule.GIVEN_UP_IS_UNDER_WAY));
  }

  private static void writeLandsLateUnderTheNextPrimary(Rule... broken) {
    Scenario s = new Scenario(SimOptions.scripted().staggered(3), broken).pair();
    SimShelf.Hold late = hangInCheckpoint(s);
    s.demote(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0, WHOLE_DEVICE));
    s.checkpointed(s.b, 2);
    s.pass(Duration.ofSeconds(3));
    late.release();
    s.pass(Duration.ofMillis(1));
    s.checkBacking();
    filled(s, s.b);
    s.endsWell();
  }

  @Test
  void shouldKeepBlocksMaskedThatAnEarlierPrimacyOfTheSameNodeMayStillWrite() {
    writeLandsLateInTheNextPrimacyOfTheSameNode();
    assertThrows(
        SimFailure.class,
        () -> writeLandsLateInTheNextPrimacyOfTheSameNode(Rule.GIVEN_UP_IS_UNDER_WAY));
  }

  /** The shelf hangs for A alone: B, primary in between, writes newer content to it. */
  private static void writeLandsLateInTheNextPrimacyOfTheSameNode(Rule... broken) {
    Scenario s = new Scenario(SimOptions.scripted().staggered(3), broken).pair();
    s.answered(s.write(s.a, 0, WHOLE_DEVICE));
    SimShelf.Hold late = s.holdOneWrite(HANGS, s.a, "checkpoint");
    s.reached(late);
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0, WHOLE_DEVICE));
    s.checkpointed(s.b, 2);
    s.a.resume();
    s.until(() -> s.isMember(s.a) && s.b.replica().isPair(), "A is B's secondary");
    s.pass(Duration.ofSeconds(1));
    s.crash(s.b);
    s.promote(s.a);
    s.answered(s.write(s.a, 6));
    s.b.start();
    s.pass(Duration.ofSeconds(3));
    late.release();
    s.pass(Duration.ofMillis(1));
    s.checkBacking();
    filled(s, s.a);
    s.endsWell();
  }

  @Test
  void shouldSayWhatItWaitsForWhenAShelfHangs() {
    Scenario s = new Scenario(SimOptions.scripted().staggered(3)).pair();
    SimShelf.Hold late = hangInCheckpoint(s);
    s.pass(Duration.ofSeconds(2));
    ReplicaReport.ShelfState shelf = s.a.replica().report().backing().shelves().get(HANGS);
    assertEquals("stale", shelf.state());
    assertTrue(shelf.error().startsWith("still waits for checkpoint, begun 2 s ago"), shelf::error);
    late.release();
    s.endsWell();
  }

  /** The shelf has a write in place under way that does not return, and is gone on without. */
  private static SimShelf.Hold hangInCheckpoint(Scenario s) {
    SimShelf.Hold late = s.holdOneWrite(HANGS, s.a, "checkpoint");
    s.answered(s.write(s.a, 0, WHOLE_DEVICE));
    s.reached(late);
    s.until(() -> (s.a.replica().shelves().live() & 1 << HANGS) == 0, "the shelf is stale");
    return late;
  }

  private static void filled(Scenario s, SimNode primary) {
    s.until(() -> (primary.replica().shelves().live() & 1 << HANGS) != 0, "the shelf is live");
    s.checkBacking();
  }
}
