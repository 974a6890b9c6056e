package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.replication.core.SimOptions.Fence;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Fencing by the shelf, step by step; where a rule can be switched off, the same schedule breaks
 * the promise without it.
 */
class FenceTest {
  private static final int A = 1;
  private static final int B = 2;

  private static Scenario scenario(Fence fence, Rule... broken) {
    return new Scenario(SimOptions.scripted().fenced(fence), broken);
  }

  private static boolean hasLetGo(SimNode node) {
    return node.replica().report().backing().ringUsedBytes() == 0;
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
  void shouldLetMaskedBlocksGoWithoutTheFormerPrimaryWhenTheShelfKeepsItsReservation() {
    Scenario s = scenario(Fence.KEPT).alone();
    SimShelf.Hold late = takerWritesNewerContent(s);
    s.until(() -> hasLetGo(s.b), "B has let the blocks go");
    assertEquals("reserve", s.b.replica().report().fencing());
    late.release();
    s.pass(Duration.ofMillis(10));
    assertEquals(1, s.world.counts().get("fence: write refused"));
    s.checkBacking();
    s.crash(s.b);
    s.b.start();
    s.promote(s.b);
    s.answered(s.read(s.b, 0));
    s.endsWell();
    s.until(() -> s.world.shelf().reserved() == 0, "the reservation is lifted");
  }

  @Test
  void shouldKeepMaskedBlocksWhenTheShelfMayForgetItsReservation() {
    writeLandsAfterTheShelfHasForgotten(false);
    assertThrows(
        SimFailure.class,
        () -> writeLandsAfterTheShelfHasForgotten(true, Rule.FENCE_ONLY_WHEN_KEPT));
  }

  private static void writeLandsAfterTheShelfHasForgotten(boolean letsGo, Rule... broken) {
    Scenario s = scenario(Fence.VOLATILE, broken).alone();
    SimShelf.Hold late = takerWritesNewerContent(s);
    s.pass(Duration.ofSeconds(5));
    assertEquals(letsGo, hasLetGo(s.b));
    assertEquals("reserve, not kept: masks guard", s.b.replica().report().fencing());
    s.world.shelf().restartTarget();
    late.release();
    s.checkBacking();
    s.until(() -> s.world.shelf().reserved() == B || letsGo, "B asserts the reservation again");
    s.endsWell();
    s.until(() -> s.world.shelf().reserved() == 0, "the reservation is lifted");
  }

  @Test
  void shouldNotLetItselfInWhileAWriteOfItIsUnderWay() {
    lockedOutNodeHasAWriteUnderWay();
    assertThrows(SimFailure.class, () -> lockedOutNodeHasAWriteUnderWay(Rule.READMIT_WHEN_DRAINED));
  }

  private static void lockedOutNodeHasAWriteUnderWay(Rule... broken) {
    Scenario s = scenario(Fence.VOLATILE, broken).alone();
    SimShelf.Hold late = takerWritesNewerContent(s);
    s.a.resume();
    s.pass(Duration.ofSeconds(5));
    late.release();
    s.checkBacking();
    s.until(() -> s.world.shelf().reserved() == (A | B), "A lets itself in");
    s.until(() -> hasLetGo(s.b), "B has let the blocks go, without a word from A");
    assertFalse(s.a.replica().isPrimary());
    s.endsWell();
  }

  /** A's own change of the reservation lands after B's fence, with a write waiting behind it. */
  @Test
  void shouldReadTheSlotsBeforeItWritesAgainWhenItHasLetItselfIn() {
    writeWaitsForAChangeThatLandsLate();
    assertThrows(
        SimFailure.class, () -> writeWaitsForAChangeThatLandsLate(Rule.READ_SLOTS_AFTER_RESERVING));
  }

  private static void writeWaitsForAChangeThatLandsLate(Rule... broken) {
    Scenario s = scenario(Fence.KEPT, broken).alone();
    s.answered(s.write(s.a, 0));
    SimShelf shelf = s.world.shelf();
    shelf.reserveFor(B);
    s.until(() -> isLockedOut(s.a), "A is locked out");
    shelf.stalledUntil[0] = s.world.now() + 15_000_000_000L;
    s.until(s.a.replica()::isWritingInPlace, "A's checkpoint waits");
    s.pass(Duration.ofMillis(10));
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0));
    s.checkpointed(s.b, 2);
    s.until(() -> hasLetGo(s.b), "B has let the blocks go");
    s.until(() -> shelf.reserved() == (A | B), "A's command arrives");
    s.a.resume();
    s.pass(Duration.ofSeconds(1));
    s.checkBacking();
    s.endsWell();
  }

  private static boolean isLockedOut(SimNode node) {
    return node.replica().report().fencing().equals("reserve, locked out of shelf 1");
  }

  @Test
  void shouldLetTheFencedNodeInWhenTheOtherIsDeadForGood() {
    for (Fence fence : new Fence[] {Fence.KEPT, Fence.VOLATILE}) {
      Scenario s = scenario(fence).alone();
      s.answered(s.write(s.a, 0));
      s.pause(s.a);
      s.promote(s.b);
      s.answered(s.write(s.b, 1));
      s.until(() -> s.world.shelf().reserved() == B, "A is locked out");
      s.crash(s.b);
      s.a.resume();
      s.until(() -> !s.a.replica().isPrimary(), "A knows that it is not primary");
      s.promote(s.a);
      s.answered(s.read(s.a, 1));
      s.answered(s.write(s.a, 0));
      s.until(() -> s.world.shelf().reserved() == A, "A keeps B out");
      s.checkBacking();
    }
  }

  @Test
  void shouldLetARestartedNodeInThatFindsItselfLockedOut() {
    Scenario s = scenario(Fence.KEPT).alone();
    s.answered(s.write(s.a, 0));
    s.crash(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0));
    s.until(() -> s.world.shelf().reserved() == B, "A is locked out");
    s.crash(s.b);
    s.a.start();
    s.until(() -> s.a.replica().isIdentified(), "A has let itself in, and begun");
    s.promote(s.a);
    s.answered(s.read(s.a, 0));
    s.endsWell();
    s.until(() -> s.world.shelf().reserved() == 0, "the reservation is lifted");
  }

  @Test
  void shouldServeWhenBothNodesAreFencedInTurn() {
    for (Fence fence : new Fence[] {Fence.KEPT, Fence.VOLATILE}) {
      Scenario s = scenario(fence).alone();
      s.answered(s.write(s.a, 0));
      for (int round = 0; round < 3; round++) {
        turn(s, s.a, s.b, B);
        turn(s, s.b, s.a, A);
      }
      s.endsWell();
      s.until(() -> s.world.shelf().reserved() == 0, "the reservation is lifted");
    }
  }

  private static void turn(Scenario s, SimNode from, SimNode to, int list) {
    s.pause(from);
    s.promote(to);
    s.answered(s.write(to, 0));
    s.until(() -> s.world.shelf().reserved() == list, "the former primary is locked out");
    from.resume();
    s.until(() -> !from.replica().isPrimary(), "it knows that it is not primary");
    s.until(() -> s.world.shelf().reserved() == (A | B), "it lets itself in");
  }

  /** The reservation of a node that is primary no more arrives late, and hits the one that is. */
  @Test
  void shouldGoOnWhenAReservationLocksThePrimaryItselfOut() {
    Scenario s = scenario(Fence.KEPT).pair();
    s.answered(s.write(s.a, 0));
    s.world.shelf().reserveFor(B);
    s.answered(s.write(s.a, 1));
    s.until(() -> s.world.shelf().reserved() == 0, "A lets itself in, and lifts the reservation");
    assertTrue(s.a.replica().isPrimary());
    s.until(() -> s.a.replica().report().backing().loggedNumber() == 2, "the write is logged");
    s.endsWell();
  }

  @Test
  void shouldReserveNothingInAnOrderlySwitchoverOrStop() {
    Scenario s = scenario(Fence.KEPT).pair();
    s.answered(s.write(s.a, 0));
    SimOperators.Ask asked = s.world.operators().ask(s.a, "switchover", s.a.replica()::switchover);
    s.until(asked::isOver, "the switchover");
    assertTrue(asked.isDone());
    s.until(s.b.replica()::isPrimary, "B is primary");
    s.answered(s.write(s.b, 0));
    s.pass(Duration.ofSeconds(3));
    s.demote(s.b);
    s.crash(s.a);
    s.promote(s.b);
    s.pass(Duration.ofSeconds(3));
    assertFalse(s.world.counts().keySet().stream().anyMatch(count -> count.startsWith("fence")));
    s.endsWell();
  }

  @Test
  void shouldFillAShelfWithoutTheFormerPrimaryWhenItIsFencedThere() {
    Scenario s = staleShelfComesBackAfterATakeover(Fence.KEPT);
    s.until(() -> (s.b.replica().shelves().live() & 2) != 0, "the shelf is filled");
    assertEquals(B, s.world.shelves().get(1).reserved());
    s.answered(s.write(s.b, 1));
    s.endsWell();
  }

  @Test
  void shouldNotFillAShelfThatMayForgetItsReservation() {
    Scenario s = staleShelfComesBackAfterATakeover(Fence.VOLATILE);
    s.pass(Duration.ofSeconds(5));
    assertEquals(0, s.b.replica().shelves().live() & 2);
    s.endsWell();
  }

  private static Scenario staleShelfComesBackAfterATakeover(Fence fence) {
    Scenario s = new Scenario(SimOptions.scripted().staggered(3).fenced(fence)).alone();
    s.answered(s.write(s.a, 0, 8));
    SimShelf second = s.world.shelves().get(1);
    second.unreachable[0] = true;
    second.unreachable[1] = true;
    s.answered(s.write(s.a, 0, 8));
    s.until(() -> (s.a.replica().shelves().live() & 2) == 0, "the shelf is stale");
    s.pause(s.a);
    s.promote(s.b);
    s.answered(s.write(s.b, 0));
    second.heal();
    return s;
  }
}
