package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.log.Recovery.NewerView;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.Recovery.Writer;
import io.twinlog.blockdev.log.RingContents.Stop;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Design, section 4, "What counts", "Recovery" and "Late in-place writes"; the numbers are those of
 * the hazards. Node 0 is A, node 1 is B; A's incarnation is 50, B's 60.
 */
class RecoveryTest {

  private static final RingEnd START = new RingEnd(1, 0, 0);
  private static final CheckpointRecord A_0 = LogFixture.initial(0);
  private static final CheckpointRecord B_0 = LogFixture.initial(1);

  private final LogFixture backing = LogFixture.ofBlocks(8);
  private final PieceEncoder a = LogFixture.encoder(0, 50, START);
  private final PieceEncoder b = LogFixture.encoder(1, 60, START);

  private static View pair(long number, int primary, long base, View.CutLimit... limits) {
    return new View(number, primary, 3, 50, 60, base, false, false, 1, List.of(limits));
  }

  private static View lone(long number, int primary, long base, View.CutLimit... limits) {
    return new View(
        number,
        primary,
        1 << primary,
        primary == 0 ? 50 : 0,
        primary == 1 ? 60 : 0,
        base,
        false,
        false,
        1,
        List.of(limits));
  }

  private static BitSet blocks(int... blocks) {
    BitSet set = new BitSet();
    for (int block : blocks) {
      set.set(block);
    }
    return set;
  }

  private void logA(long view, long from, long cut, Map<Integer, Integer> blocks) {
    backing.append(a, 0, view, from, cut, blocks);
  }

  private void logB(long view, long from, long cut, Map<Integer, Integer> blocks) {
    backing.append(b, 1, view, from, cut, blocks);
  }

  private void tearLastOf(int node, PieceEncoder encoder) {
    long last = encoder.end().position() - Layout.BLOCK_BYTES;
    backing.shelf.put((int) backing.layout.ringPlace(node, last), LogFixture.content(0xDEAD));
  }

  @Test
  void shouldHoldTheDataAreaWhenNothingIsLogged() {
    Recovered state = backing.recovered(pair(2, 0, 0), A_0, B_0);
    assertEquals(0, state.end());
    assertEquals(List.of(), state.replay());
    assertFalse(state.complete());
    assertTrue(state.newest().isInDataArea(3));
    assertEquals(Map.of(), state.lateWrites());
  }

  @Test
  void shouldReachTheLastNumberWhenBatchesOverlapAndInterleave() {
    logA(2, 0, 3, Map.of(0, 3, 1, 3));
    logA(2, 3, 5, Map.of(1, 5));
    logB(3, 2, 8, Map.of(0, 8, 2, 0));
    Recovered state = backing.recovered(lone(3, 1, 5, new View.CutLimit(1, 5)), A_0, B_0);

    assertEquals(8, state.end());
    assertEquals(List.of(3L, 5L, 8L), state.replay().stream().map(LoggedBatch::cut).toList());
    assertEquals(8, backing.content(state, 0));
    assertEquals(5, backing.content(state, 1));
    assertTrue(state.newest().isZero(2));
    assertEquals(blocks(1), state.newest().notInRingOf(1));
    assertEquals(blocks(0, 2), state.newest().notInRingOf(0));
    assertEquals(blocks(0, 1, 2), state.newest().logged());
    assertTrue(state.complete());
    assertFalse(state.damaged());
  }

  @Test
  void shouldNotReplayADeadWriteWhenItsCutIsAboveALaterBase_hazard1() {
    View two = lone(2, 1, 0, new View.CutLimit(1, 0));
    logA(1, 0, 1, Map.of(0, 111)); // unconfirmed, by a paused A
    logB(2, 0, 0, Map.of());
    logB(2, 0, 1, Map.of(0, 222));

    Recovered state = backing.recovered(two, A_0, B_0);
    assertEquals(1, state.end());
    assertEquals(222, backing.content(state, 0));
    assertEquals(Map.of(new Writer(1, 60), blocks(0)), state.lateWrites());
  }

  @Test
  void shouldRestoreTheBlockWhenALateWriteLandsAfterTheCheckpointMoved_hazard10() {
    // B took over (base 1), its batch of cut 2 holds the masked block, and it published 2.
    View two = lone(2, 1, 1, new View.CutLimit(1, 1));
    logA(1, 0, 1, Map.of(0, 1));
    logB(2, 0, 1, Map.of(0, 1));
    logB(2, 1, 2, Map.of(0, 2));
    CheckpointRecord published =
        LogFixture.checkpoint(1, 2, 2, 2, 8192); // its tail: the batch of cut 2
    // A's late in-place write of content 1 lands in the data area.
    backing.shelf.put(0, LogFixture.content(1));

    Recovered state = backing.recovered(two, A_0, published);
    assertEquals(2, state.end());
    assertEquals(2, backing.content(state, 0));
    assertTrue(state.complete());
  }

  @Test
  void shouldMaskTheBlockWhenItIsOnlyInABatchWhoseCutIsTheCheckpoint_hazards11And27() {
    View two = lone(2, 1, 1, new View.CutLimit(1, 1));
    logA(1, 0, 1, Map.of(0, 1, 5, 1));
    CheckpointRecord published = LogFixture.checkpoint(1, 2, 1, 1, 0);

    Recovered state = backing.recovered(two, A_0, published);
    assertEquals(1, state.checkpoint());
    assertEquals(1, state.end());
    assertEquals(Map.of(new Writer(0, 50), blocks(0, 5)), state.lateWrites());
    assertEquals(blocks(0, 5), state.newest().notInRingOf(1));
  }

  @Test
  void shouldInheritTheMaskWhenASecondTakerReadsBothRings_hazard12() {
    // B masked A's block 0 by a batch of its own, then went on; A's own batch is below c by now.
    View three = lone(3, 0, 6, new View.CutLimit(1, 1), new View.CutLimit(2, 6));
    logA(1, 0, 1, Map.of(0, 1));
    logB(2, 1, 5, Map.of(0, 5, 1, 5));
    logB(2, 5, 6, Map.of(2, 6));
    CheckpointRecord published = LogFixture.checkpoint(1, 2, 5, 1, 0);

    Recovered state = backing.recovered(three, A_0, published);
    assertEquals(Map.of(new Writer(1, 60), blocks(0, 1, 2)), state.lateWrites());
    assertEquals(blocks(0, 1, 2), state.newest().notInRingOf(0));
  }

  @Test
  void shouldNotGoBackWhenALateBatchOfTheOldViewCounts_hazard13() {
    // Committed in view 1, logged by B in view 2 as b@2; A's append of b@1 is late, but valid.
    View two = lone(2, 1, 2, new View.CutLimit(1, 2));
    logB(2, 0, 2, Map.of(0, 2));
    CheckpointRecord published = LogFixture.checkpoint(1, 2, 2, 1, 0);
    logA(1, 0, 1, Map.of(0, 1));

    Recovered state = backing.recovered(two, A_0, published);
    assertEquals(2, backing.content(state, 0));
    assertEquals(2, state.end());
  }

  @Test
  void shouldFindTheOlderContentWhenTheNewerWriteIsNotLogged_hazard14() {
    View one = pair(1, 0, 0);
    logA(1, 0, 1, Map.of(0, 1));
    // Not published, so not freed: b@1 is still found, though b@2 was committed in RAM.
    Recovered state = backing.recovered(one, A_0, B_0);
    assertEquals(1, state.end());
    assertEquals(1, backing.content(state, 0));
    assertFalse(state.complete());
  }

  @Test
  void shouldFindTheAcknowledgedEntriesWhenTheOtherRingHasATornTail_hazard19() {
    View two = lone(2, 1, 1, new View.CutLimit(1, 1));
    logA(1, 0, 1, Map.of(0, 1));
    logA(1, 1, 2, Map.of(0, 99));
    tearLastOf(0, a);
    logB(2, 1, 1, Map.of());
    logB(2, 1, 2, Map.of(1, 2));

    Recovered state = backing.recovered(two, A_0, B_0);
    assertEquals(2, state.end());
    assertEquals(1, backing.content(state, 0));
    assertEquals(2, backing.content(state, 1));
    assertTrue(state.complete());
  }

  @Test
  void shouldStayAPrefixWhenNewerWritesWereLoggedBeforeOlderOnes_hazard20() {
    View two = lone(2, 0, 3, new View.CutLimit(1, 3));
    logA(1, 0, 1, Map.of(0, 1));
    logA(2, 3, 4, Map.of(1, 4)); // the dirty writes 2 and 3 are in no batch

    Recovered state = backing.recovered(two, A_0, B_0);
    assertEquals(1, state.end());
    assertEquals(1, backing.content(state, 0));
    assertTrue(state.newest().isInDataArea(1));
    assertEquals(1, state.afterGap().size());
    assertFalse(state.complete());
    assertTrue(state.damaged());
    assertEquals(Map.of(new Writer(0, 50), blocks(0, 1)), state.lateWrites());
  }

  @Test
  void shouldStopThereWhenALateAppendDestroyedAGoodBatch_hazard23() {
    // The rule that forbids it is the appender's; the reader must at least never mix the two.
    logA(1, 0, 1, Map.of(0, 1));
    RingEnd shared = a.end();
    PieceEncoder restarted = LogFixture.encoder(0, 51, shared);
    backing.append(restarted, 0, 3, 1, 2, Map.of(0, 2, 1, 2));
    backing.append(restarted, 0, 3, 2, 3, Map.of(2, 3));
    LogFixture.batch(backing.layout, a, 0, 1, 1, 2, Map.of(0, 77)).forEach(backing::write);

    RingContents ring = backing.scan(A_0);
    assertEquals(2, ring.batches().size());
    assertEquals(50, ring.batches().get(1).incarnation());
    assertEquals(Stop.END, ring.stop());
    View three = new View(3, 0, 1, 51, 0, 1, true, false, 1, List.of(new View.CutLimit(1, 1)));
    Recovered state = backing.recovered(three, A_0, B_0);
    assertEquals(1, state.end());
    assertEquals(1, backing.content(state, 0));
  }

  @Test
  void shouldAskForTheSlotsAgainWhenABatchIsOfALaterView() {
    logA(1, 0, 1, Map.of(0, 1));
    logB(4, 0, 1, Map.of(0, 1));
    assertEquals(new NewerView(4), backing.recover(pair(3, 0, 0), A_0, B_0));
  }

  @Test
  void shouldAskForTheSlotsAgainWhenACheckpointIsOfALaterView() {
    CheckpointRecord later = LogFixture.checkpoint(1, 5, 0, 1, 0);
    assertEquals(new NewerView(5), backing.recover(pair(3, 0, 0), A_0, later));
  }

  @Test
  void shouldBeCompleteOnlyByThePrimarysBatchWhenTheViewIsLone() {
    View two = lone(2, 1, 1, new View.CutLimit(1, 1));
    logA(1, 0, 1, Map.of(0, 1));
    assertFalse(backing.recovered(two, A_0, B_0).complete());
    logB(2, 1, 1, Map.of());
    assertTrue(backing.recovered(two, A_0, B_0).complete());
  }

  @Test
  void shouldBeCompleteByTheCheckpointWhenTheFirstBatchWasFreed() {
    View two = lone(2, 1, 1, new View.CutLimit(1, 1));
    assertTrue(backing.recovered(two, A_0, LogFixture.checkpoint(1, 2, 1, 2, 4096)).complete());
    assertFalse(backing.recovered(two, A_0, LogFixture.checkpoint(1, 1, 1, 2, 4096)).complete());
    assertFalse(backing.recovered(two, LogFixture.checkpoint(0, 2, 1, 1, 0), B_0).complete());
  }

  @Test
  void shouldBeCompleteWhenTheViewIsCleanOrCompleteAtBirth() {
    View clean = new View(3, View.NO_NODE, 0, 0, 0, 0, false, true, 1, List.of());
    View born = new View(3, 0, 1, 50, 0, 0, true, false, 1, List.of());
    assertTrue(backing.recovered(clean, A_0, B_0).complete());
    assertTrue(backing.recovered(born, A_0, B_0).complete());
  }

  @Test
  void shouldBeDamagedWhenACleanBackingDoesNotReachItsBase() {
    View clean =
        new View(3, View.NO_NODE, 0, 0, 0, 2, false, true, 1, List.of(new View.CutLimit(1, 2)));
    logA(1, 0, 1, Map.of(0, 1));
    logA(1, 1, 2, Map.of(0, 2));
    assertTrue(backing.recovered(clean, A_0, B_0).complete());
    tearLastOf(0, a);
    Recovered state = backing.recovered(clean, A_0, B_0);
    assertFalse(state.complete());
    assertTrue(state.damaged());
    assertEquals(1, state.end());
  }

  @Test
  void shouldBeDamagedWhenARingIsOverwrittenBehindItsTail() {
    View born = new View(3, 0, 1, 50, 0, 0, true, false, 1, List.of());
    a.rewind(new RingEnd(9, backing.layout.ringBytes(), 0));
    logA(3, 0, 1, Map.of(0, 1));
    Recovered state = backing.recovered(born, A_0, B_0);
    assertFalse(state.complete());
    assertTrue(state.damaged());
  }

  @Test
  void shouldBeDamagedWhenABatchInTheMiddleOfACompleteLoneLogHasRotted() {
    logA(2, 0, 4, Map.of(0, 1));
    RingEnd before = a.end();
    logA(2, 4, 5, Map.of(1, 2));
    logA(2, 5, 6, Map.of(2, 3));
    assertTrue(backing.recovered(lone(2, 0, 4), A_0, B_0).complete());

    int at = (int) backing.layout.ringPlace(0, before.position()) + 5000;
    backing.shelf.put(at, (byte) (backing.shelf.get(at) ^ 1));
    Recovered state = backing.recovered(lone(2, 0, 4), A_0, B_0);
    assertEquals(4, state.end());
    assertFalse(state.complete());
    assertTrue(state.damaged());
    assertEquals(List.of(0), state.rotten());
  }

  @Test
  void shouldNotBeDamagedWhenOnlyABatchThatDoesNotCountFollowsATornOne() {
    logA(1, 0, 4, Map.of(0, 1));
    RingEnd before = a.end();
    logA(1, 4, 5, Map.of(1, 2));
    logA(1, 5, 6, Map.of(2, 3));
    int at = (int) backing.layout.ringPlace(0, before.position()) + 5000;
    backing.shelf.put(at, (byte) (backing.shelf.get(at) ^ 1));
    View later = lone(2, 1, 4, new View.CutLimit(1, 4));
    assertEquals(List.of(), backing.recovered(later, A_0, B_0).rotten());
    assertFalse(backing.recovered(later, A_0, B_0).damaged());
  }

  @Test
  void shouldIgnoreStaleRingsWhenTheyAreOfAnotherResource() {
    backing.append(new PieceEncoder(new UUID(9, 9), 0, 50, START), 0, 1, 0, 1, Map.of(0, 1));
    assertEquals(0, backing.recovered(pair(1, 0, 0), A_0, B_0).end());
  }
}
