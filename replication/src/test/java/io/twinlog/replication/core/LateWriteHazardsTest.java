package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Schedules about checkpoints and late in-place writes that would break the promise but for a rule
 * (design, section 4). Each is brought about step by step; where the rule can be switched off, the
 * same schedule breaks the promise.
 */
class LateWriteHazardsTest {
  /** So large that its batch makes a checkpoint due at once. */
  private static final int WHOLE_DEVICE = 8;

  @Test
  void shouldNotCheckpointAWriteThatIsNotCommitted() {
    writeIsUnconfirmedWhileACheckpointRuns();
    assertThrows(
        SimFailure.class,
        () ->
            writeIsUnconfirmedWhileACheckpointRuns(
                Rule.COMMIT_BEFORE_RAM, Rule.LOG_BEFORE_CHECKPOINT));
  }

  private static void writeIsUnconfirmedWhileACheckpointRuns(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    s.answered(s.write(s.a, 0, WHOLE_DEVICE));
    s.reached(append);
    s.cut(s.a);
    s.write(s.a, 0);
    s.pass(Duration.ofMillis(1));
    append.release();
    s.checkpointed(s.a, 1);
    s.crash(s.a);
    s.promote(s.b);
    s.checkBacking();
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  @Test
  void shouldSurviveACheckpointWriteThatLandsAfterATakersNewerOne() {
    checkpointWriteLandsAfterATakersNewerOne();
    assertThrows(
        SimFailure.class, () -> checkpointWriteLandsAfterATakersNewerOne(Rule.MASK_LATE_WRITES));
  }

  private static void checkpointWriteLandsAfterATakersNewerOne(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    SimShelf.Hold late = takerWritesNewerContent(s);
    late.release();
    s.checkBacking();
    s.crash(s.b);
    s.b.start();
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  /** A's write of block 0 in place is under way; B has written, and checkpointed, a newer one. */
  private static SimShelf.Hold takerWritesNewerContent(Scenario s) {
    s.answered(s.write(s.a, 0));
    SimShelf.Hold late = s.holdWrites(s.a, "checkpoint");
    s.reached(late);
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0));
    s.checkpointed(s.b, 2);
    return late;
  }

  @Test
  void shouldWriteMaskedBlocksOnceMoreBeforeLettingThemGo() {
    lateWriteHasLandedWhenItsWriterIsKnownToBeGone();
    assertThrows(
        SimFailure.class,
        () -> lateWriteHasLandedWhenItsWriterIsKnownToBeGone(Rule.REWRITE_BEFORE_UNMASKING));
  }

  private static void lateWriteHasLandedWhenItsWriterIsKnownToBeGone(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    SimShelf.Hold late = takerWritesNewerContent(s);
    late.release();
    s.a.resume();
    s.heal();
    s.until(() -> s.b.replica().report().backing().ringUsedBytes() == 0, "B has let the blocks go");
    s.checkBacking();
    s.endsWell();
  }

  @Test
  void shouldSurviveARewriteThatLandsAfterASecondTakeover() {
    rewriteLandsAfterASecondTakeover();
    assertThrows(SimFailure.class, () -> rewriteLandsAfterASecondTakeover(Rule.MASK_LATE_WRITES));
  }

  private static void rewriteLandsAfterASecondTakeover(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    s.answered(s.write(s.a, 0));
    s.pause(s.a);
    SimShelf.Hold rewrite = s.holdWrites(s.b, "checkpoint");
    s.promote(s.b);
    s.a.resume();
    s.heal();
    s.reached(rewrite);
    s.until(() -> s.isMember(s.a) && s.b.replica().isPair(), "A is B's secondary");
    s.pause(s.b);
    s.promote(s.a);
    s.answered(s.write(s.a, 0));
    s.checkpointed(s.a, 2);
    rewrite.release();
    s.checkBacking();
    s.endsWell();
  }

  @Test
  void shouldNotWriteInPlaceWhatItLoggedAfterItWasReplaced() {
    primaryOfAPairLogsAfterItWasReplaced();
    assertThrows(
        SimFailure.class, () -> primaryOfAPairLogsAfterItWasReplaced(Rule.SLOT_READ_WHEN_ALONE));
  }

  private static void primaryOfAPairLogsAfterItWasReplaced(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.answered(s.write(s.a, 0, WHOLE_DEVICE));
    s.pause(s.a);
    s.cut(s.a, s.b);
    s.promote(s.b);
    s.answered(s.write(s.b, 0, WHOLE_DEVICE));
    s.checkpointed(s.b, 2);
    s.pass(Duration.ofSeconds(1));
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    s.a.resume();
    s.reached(append);
    append.release();
    s.until(() -> !s.a.replica().isPrimary(), "A knows that it is not primary");
    s.checkBacking();
    s.endsWell();
  }

  @Test
  void shouldWriteEveryBlockThatAPublishedPositionCovers() {
    blockIsOverwrittenBeforeItsCheckpoint();
    assertThrows(
        SimFailure.class, () -> blockIsOverwrittenBeforeItsCheckpoint(Rule.LOG_BEFORE_CHECKPOINT));
  }

  private static void blockIsOverwrittenBeforeItsCheckpoint(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.answered(s.write(s.a, 0));
    s.until(() -> s.a.replica().report().backing().loggedNumber() == 1, "it is logged");
    s.pass(Duration.ofMillis(1900));
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    s.answered(s.write(s.a, 0));
    s.reached(append);
    s.checkpointed(s.a, 1);
    s.crash(s.a);
    s.crash(s.b);
    s.checkBacking();
    s.a.start();
    s.promotionRefused(s.a);
    s.promoteAcceptingLoss(s.a);
    s.answered(s.read(s.a, 0));
    s.endsWell();
  }

  @Test
  void shouldNotTakeALogForDamagedThatHasAdvancedWhileItWasReadBack() {
    Scenario s = new Scenario().pair();
    s.answered(s.write(s.a, 0));
    s.until(() -> s.a.replica().report().backing().loggedNumber() == 1, "it is logged");
    s.pass(Duration.ofMillis(1900));
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    SimShelf.Hold readBack = s.holdReads(s.a, "checkpoint's read of the log");
    s.answered(s.write(s.a, 0));
    s.reached(append);
    s.reached(readBack);
    append.release();
    s.until(() -> s.a.replica().report().backing().loggedNumber() == 2, "the next one is logged");
    readBack.release();
    s.checkpointed(s.a, 1);
    assertEquals("ok", s.a.replica().report().backing().state());
    s.checkBacking();
    s.endsWell();
  }

  @Test
  void shouldAppendNothingWhileAnAppendOfItsEarlierPrimacyIsUnderWay() {
    Scenario s = new Scenario().alone();
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    s.write(s.a, 0);
    s.reached(append);
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0));
    s.read(s.a, 0);
    s.a.resume();
    s.until(() -> !s.a.replica().isPrimary(), "A knows that it is not primary");
    s.crash(s.b);
    SimOperators.Ask promotion = s.world.operators().promote(s.a, false, false);
    s.pass(Duration.ofSeconds(2));
    assertFalse(promotion.isOver());
    append.release();
    s.until(promotion::isOver, "the promotion ends");
    assertTrue(promotion.isDone());
    s.answered(s.read(s.a, 0));
    s.answered(s.write(s.a, 0));
    s.endsWell();
  }

  @Test
  void shouldNotWriteAMaskedBlockInPlaceBeforeItsOwnBatchOfItIsDurable() {
    writerIsGoneBeforeTheTakersBatchIsDurable();
    assertThrows(
        SimFailure.class, () -> writerIsGoneBeforeTheTakersBatchIsDurable(Rule.MASK_LATE_WRITES));
  }

  private static void writerIsGoneBeforeTheTakersBatchIsDurable(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    s.answered(s.write(s.a, 0));
    s.pause(s.a);
    SimShelf.Hold append = s.holdWrites(s.b, "log append");
    SimShelf.Hold rewrite = s.holdWrites(s.b, "checkpoint");
    s.promote(s.b);
    s.reached(append);
    s.a.resume();
    s.heal();
    s.until(() -> s.b.replica().isPredecessorGone(), "B knows that A has nothing under way");
    s.pass(Duration.ofSeconds(3));
    assertFalse(rewrite.isReached());
    append.release();
    s.reached(rewrite);
    s.until(() -> s.isMember(s.a) && s.b.replica().isPair(), "A is B's secondary");
    s.pause(s.b);
    s.promote(s.a);
    s.answered(s.write(s.a, 0));
    s.checkpointed(s.a, 2);
    rewrite.release();
    s.checkBacking();
    s.endsWell();
  }

  @Test
  void shouldNotSayThatNothingIsUnderWayWhileACopyOfAWriteMayStillArrive() {
    Scenario s = new Scenario().alone();
    s.answered(s.write(s.a, 0));
    s.pause(s.a);
    s.promote(s.b);
    s.a.writesLate(true);
    s.a.resume();
    s.heal();
    s.until(() -> s.isMember(s.a) && s.b.replica().isPair(), "A is B's secondary");
    assertFalse(s.b.replica().isPredecessorGone());
    s.a.writesLate(false);
    s.until(s.b.replica()::isPredecessorGone, "B knows that A has nothing under way");
    s.endsWell();
  }
}
