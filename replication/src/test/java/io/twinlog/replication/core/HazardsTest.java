package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Schedules about views, acknowledgements and reads that would break the promise but for a rule
 * (design, section 3). Each is brought about step by step; where the rule can be switched off, the
 * same schedule breaks the promise. Those about in-place writes are in {@link
 * LateWriteHazardsTest}.
 */
class HazardsTest {

  @Test
  void shouldNotReplayABatchThatLandsAfterItsViewIsOver() {
    batchLandsAfterItsViewIsOver();
    assertThrows(SimFailure.class, () -> batchLandsAfterItsViewIsOver(Rule.IGNORE_VOID_BATCHES));
  }

  private static void batchLandsAfterItsViewIsOver(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    s.write(s.a, 0);
    s.reached(append);
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    append.release();
    s.crash(s.b);
    s.b.start();
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  @Test
  void shouldNotShowAWriteThatWasNeverAcknowledgedAfterReadersDidNotSeeIt() {
    unconfirmedWriteStaysInTheOldPrimary();
    assertThrows(
        SimFailure.class, () -> unconfirmedWriteStaysInTheOldPrimary(Rule.COMMIT_BEFORE_RAM));
  }

  private static void unconfirmedWriteStaysInTheOldPrimary(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.cut(s.a);
    s.write(s.a, 0);
    s.pass(Duration.ofMillis(1));
    s.pause(s.a);
    SimShelf.Hold append = s.holdWrites(s.b, "log append");
    s.promote(s.b);
    s.reached(append);
    s.crash(s.b);
    s.a.resume();
    s.until(() -> !s.a.replica().isPrimary(), "A knows that it is not primary");
    s.promote(s.a);
    s.answered(s.read(s.a, 0));
    s.endsWell();
  }

  @Test
  void shouldNotTakeTheTargetInBeforeItHasWhatWasAcknowledgedAlone() {
    acknowledgedWriteIsOnItsWayToTheTarget();
    assertThrows(
        SimFailure.class, () -> acknowledgedWriteIsOnItsWayToTheTarget(Rule.REJOIN_AFTER_CONFIRM));
  }

  private static void acknowledgedWriteIsOnItsWayToTheTarget(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    SimShelf.Hold slotRead = s.holdReads(s.a, "log append");
    SimRequest write = s.write(s.a, 0);
    s.reached(slotRead);
    s.heal();
    s.until(() -> s.a.replica().connection() == Connection.SYNC_SOURCE, "the resync");
    s.pass(Duration.ofMillis(50));
    s.cut(s.a);
    slotRead.release();
    s.answered(write);
    s.pass(Duration.ofMillis(20));
    s.crash(s.a);
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  @Test
  void shouldAcknowledgeNothingBetweenTheMarkAndItsOutcome() {
    writeBetweenMarkAndOutcome();
    assertThrows(SimFailure.class, () -> writeBetweenMarkAndOutcome(Rule.FREEZE_AFTER_MARK));
  }

  private static void writeBetweenMarkAndOutcome(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    SimShelf.Hold vote = s.holdVote(s.a);
    s.heal();
    s.reached(vote);
    SimRequest write = s.write(s.a, 0);
    s.pass(Duration.ofMillis(500));
    vote.release();
    s.answered(write);
    s.crash(s.a);
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  @Test
  void shouldNotTrustAMemberThatHasLostItsRamBeforeItsViewWasChosen() {
    memberLosesItsRamBeforeItsViewIsChosen();
    assertThrows(SimFailure.class, () -> memberLosesItsRamBeforeItsViewIsChosen(Rule.INCARNATION));
  }

  private static void memberLosesItsRamBeforeItsViewIsChosen(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    s.answered(s.write(s.a, 0));
    SimShelf.Hold vote = s.holdVote(s.a);
    s.heal();
    s.reached(vote);
    s.crash(s.b);
    s.b.start();
    vote.release();
    s.until(() -> s.world.history().latestView() == 3, "the view with B's old incarnation");
    s.crash(s.a);
    s.promotionRefused(s.b);
    s.promoteAcceptingLoss(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  @Test
  void shouldKeepTheSecondCopyUntilTheBackingIsComplete() {
    peerReturnsBeforeTheFirstBatchIsDurable();
    assertThrows(
        SimFailure.class, () -> peerReturnsBeforeTheFirstBatchIsDurable(Rule.RESYNC_FROM_COMPLETE));
  }

  private static void peerReturnsBeforeTheFirstBatchIsDurable(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    s.answered(s.write(s.a, 0));
    s.world.network().reset();
    s.until(() -> !s.a.replica().isPair(), "A is alone");
    s.until(() -> s.a.replica().link() != null && append.isReached(), "B is back");
    s.pass(Duration.ofMillis(500));
    s.crash(s.a);
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  @Test
  void shouldNotBecomeCompleteBehindTheBackOfATaker() {
    firstBatchIsDurableAfterTheTakerHasLooked();
    assertThrows(
        SimFailure.class,
        () -> firstBatchIsDurableAfterTheTakerHasLooked(Rule.SLOT_READ_WHEN_ALONE));
  }

  private static void firstBatchIsDurableAfterTheTakerHasLooked(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    s.answered(s.write(s.a, 0));
    s.cut(s.a, s.b);
    s.until(() -> !s.a.replica().isPair(), "A is alone");
    s.write(s.a, 1);
    s.until(() -> s.b.replica().link() == null, "B has lost A");
    s.pass(Duration.ofMillis(50));
    SimShelf.Hold vote = s.holdVote(s.b);
    s.world.operators().promote(s.b, true, false);
    s.reached(vote);
    append.release();
    s.pass(Duration.ofMillis(50));
    vote.release();
    s.endsWell();
  }

  @Test
  void shouldNotServeFromALoneViewThatIsOver() {
    lonePrimaryWakesUpAfterATakeover();
    assertThrows(
        SimFailure.class, () -> lonePrimaryWakesUpAfterATakeover(Rule.SLOT_READ_WHEN_ALONE));
  }

  private static void lonePrimaryWakesUpAfterATakeover(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0));
    s.read(s.a, 0);
    s.a.resume();
    s.until(() -> !s.a.replica().isPrimary(), "A knows that it is not primary");
    s.endsWell();
  }

  @Test
  void shouldNotServeFromAPairThatIsOver() {
    primaryOfAPairWakesUpAfterATakeover();
    assertThrows(SimFailure.class, () -> primaryOfAPairWakesUpAfterATakeover(Rule.READ_BARRIER));
  }

  private static void primaryOfAPairWakesUpAfterATakeover(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0));
    s.read(s.a, 0);
    s.a.resume();
    s.until(() -> !s.a.replica().isPrimary(), "A knows that it is not primary");
    s.endsWell();
  }

  @Test
  void shouldLogNothingBeforeTheDirtySetOfALoneView() {
    newWriteComesWithTheDirtySetOfALoneView();
    assertThrows(
        SimFailure.class, () -> newWriteComesWithTheDirtySetOfALoneView(Rule.DIRTY_SET_FIRST));
  }

  private static void newWriteComesWithTheDirtySetOfALoneView(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.answered(s.write(s.a, 0));
    s.cut(s.b);
    SimRequest unconfirmed = s.write(s.a, 1);
    s.pass(Duration.ofMillis(1));
    s.world.network().reset();
    s.answered(unconfirmed);
    s.checkBacking();
    s.crash(s.a);
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.answered(s.read(s.b, 1));
    s.endsWell();
  }

  @Test
  void shouldKeepTheWriteOfANumberThatWasSentWhenAStaleMarkForcesANewView() {
    Scenario s = new Scenario().alone();
    s.heal();
    s.until(() -> s.a.replica().connection() == Connection.SYNC_SOURCE, "the resync");
    SimShelf.Hold slotRead = s.holdReads(s.a, "log append");
    SimRequest pending = s.write(s.a, 0);
    SimShelf.Hold vote = s.holdVote(s.b);
    s.world.operators().promote(s.b, true, false);
    s.reached(vote);
    s.crash(s.b);
    s.until(slotRead::isReached, "the write is in the log");
    slotRead.release();
    s.answered(pending);
    s.answered(s.write(s.a, 0));
    s.endsWell();
  }

  @Test
  void shouldGiveUpWhatTheSecondaryHasBeyondTheBase() {
    Scenario s = new Scenario().pair();
    s.cut(s.b);
    s.write(s.a, 0);
    s.until(() -> s.b.replica().number() == 1, "B has applied the write");
    s.pause(s.b);
    s.crash(s.a);
    s.a.start();
    s.promoteAcceptingLoss(s.a);
    s.answered(s.write(s.a, 1));
    s.b.resume();
    s.endsWell();
  }

  @Test
  void shouldNotLetATakerAnswerReadsOfWhatOnlyItHas() {
    Scenario s = new Scenario().pair();
    s.cut(s.b);
    s.write(s.a, 0);
    s.until(() -> s.b.replica().number() == 1, "B has applied the write");
    s.pause(s.a);
    SimShelf.Hold append = s.holdWrites(s.b, "log append");
    s.promote(s.b);
    s.reached(append);
    s.unanswered(s.read(s.b, 0));
    s.crash(s.b);
    s.a.resume();
    s.until(() -> !s.a.replica().isPrimary(), "A knows that it is not primary");
    s.promotionRefused(s.a);
    s.promoteAcceptingLoss(s.a);
    s.answered(s.read(s.a, 0));
    s.endsWell();
  }

  @Test
  void shouldFindWhatTheTakerHasLoggedBehindATornBatchOfTheOther() {
    Scenario s = new Scenario().alone();
    s.answered(s.write(s.a, 0));
    SimShelf.Hold append = s.holdWrites(s.a, "log append");
    s.write(s.a, 2, 4);
    s.reached(append);
    append.tear();
    s.crash(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 1));
    s.crash(s.b);
    s.a.start();
    s.promote(s.a);
    s.answered(s.read(s.a, 0));
    s.answered(s.read(s.a, 1));
    s.endsWell();
  }

  @Test
  void shouldHoldAPrefixOnTheBackingWhenBothDieAfterGoingAlone() {
    bothDieAfterGoingAlone();
    assertThrows(SimFailure.class, () -> bothDieAfterGoingAlone(Rule.DIRTY_SET_FIRST));
  }

  private static void bothDieAfterGoingAlone(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.answered(s.write(s.a, 0));
    s.world.network().reset();
    s.answered(s.write(s.a, 1));
    s.crash(s.a);
    s.crash(s.b);
    s.world.shelf().losePower();
    s.a.start();
    s.promote(s.a);
    s.answered(s.read(s.a, 0));
    s.answered(s.read(s.a, 1));
    s.endsWell();
  }

  @Test
  void shouldNotAppendBehindABatchThatIsNoMoreThanReadable() {
    nodeAppendsBehindABatchWhoseSyncFailed();
    assertThrows(
        SimFailure.class, () -> nodeAppendsBehindABatchWhoseSyncFailed(Rule.DOUBT_LAST_BATCH));
  }

  private static void nodeAppendsBehindABatchWhoseSyncFailed(Rule... broken) {
    Scenario s = new Scenario(broken).alone();
    s.answered(s.write(s.a, 0));
    SimShelf.Hold sync = s.holdSyncs(s.a, "log append");
    s.write(s.a, 1);
    s.reached(sync);
    sync.failSync();
    s.crash(s.a);
    s.a.start();
    s.promote(s.a);
    s.answered(s.write(s.a, 2));
    s.crash(s.a);
    s.world.shelf().loseUnsynced();
    s.a.start();
    s.promote(s.a);
    s.answered(s.read(s.a, 0));
    s.answered(s.read(s.a, 2));
    s.endsWell();
  }

  @Test
  void shouldNotCountABatchAsLoggedThatIsNoMoreThanReadable() {
    takerReliesOnABatchWhoseSyncFailed();
    assertThrows(SimFailure.class, () -> takerReliesOnABatchWhoseSyncFailed(Rule.DOUBT_LAST_BATCH));
  }

  private static void takerReliesOnABatchWhoseSyncFailed(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.answered(s.write(s.a, 0));
    SimShelf.Hold sync = s.holdSyncs(s.a, "log append");
    s.reached(sync);
    sync.failSync();
    s.crash(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 1));
    s.crash(s.b);
    s.world.shelf().loseUnsynced();
    s.b.start();
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.answered(s.read(s.b, 1));
    s.endsWell();
  }

  @Test
  void shouldStillKnowAPromiseWhenTheNextRecordOfTheSlotIsTorn() {
    Scenario s = new Scenario().alone();
    s.answered(s.write(s.a, 0));
    SimShelf.Hold counter = s.holdWrites(s.a, "slot write");
    s.reached(counter);
    counter.spoil();
    s.crash(s.a);
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.a.start();
    s.endsWell();
  }

  @Test
  void shouldDropRequestsThatWaitedInAPrimaryThatWasReplaced() {
    requestWaitsInAPrimaryThatIsReplaced();
    assertThrows(
        SimFailure.class, () -> requestWaitsInAPrimaryThatIsReplaced(Rule.DROP_CLIENT_REQUESTS));
  }

  private static void requestWaitsInAPrimaryThatIsReplaced(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.cut(s.a);
    s.write(s.a, 0);
    s.pass(Duration.ofMillis(1));
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0));
    s.a.resume();
    s.heal();
    s.until(() -> s.isMember(s.a) && s.b.replica().isPair(), "A is B's secondary");
    s.world.operators().ask(s.b, "switchover", s.b.replica()::switchover);
    s.until(s.a.replica()::isPrimary, "A is primary again");
    s.answered(s.read(s.a, 0));
    s.endsWell();
  }

  @Test
  void shouldNotTrustTheRamOfARestartedMember() {
    memberIsRestarted();
    assertThrows(SimFailure.class, () -> memberIsRestarted(Rule.INCARNATION));
  }

  private static void memberIsRestarted(Rule... broken) {
    Scenario s = new Scenario(broken).pair();
    s.answered(s.write(s.a, 0));
    s.crash(s.a);
    s.a.start();
    s.promotionRefused(s.a);
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  @Test
  void shouldStartAgainByItselfAfterACrashRightAfterLoading() {
    Scenario s = new Scenario().alone();
    s.answered(s.write(s.a, 0));
    s.crash(s.a);
    SimShelf.Hold append = s.holdWrites(s.b, "log append");
    s.promote(s.b);
    s.reached(append);
    s.crash(s.b);
    append.release();
    s.b.start();
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
  }

  @Test
  void shouldStartAgainByItselfAfterACrashRightAfterAnAcceptedLoss() {
    Scenario s = new Scenario().pair();
    s.answered(s.write(s.a, 0));
    s.crash(s.b);
    s.crash(s.a);
    s.a.start();
    s.promotionRefused(s.a);
    s.promoteAcceptingLoss(s.a);
    s.crash(s.a);
    s.a.start();
    s.promote(s.a);
    assertFalse(s.a.replica().isPair());
    s.answered(s.write(s.a, 1));
    s.endsWell();
  }

  @Test
  void shouldStartAgainByItselfAfterACrashOfBothRightAfterAnOrderlyStop() {
    Scenario s = new Scenario().pair();
    s.answered(s.write(s.a, 0));
    s.demote(s.a);
    s.crash(s.b);
    s.crash(s.a);
    s.world.shelf().losePower();
    s.a.start();
    s.promote(s.a);
    s.answered(s.read(s.a, 0));
    s.endsWell();
  }
}
