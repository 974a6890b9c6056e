package io.twinlog.deploy.nemesis.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.deploy.nemesis.history.Operation.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class LinearizabilityTest {

  private final List<Operation> history = new ArrayList<>();

  private void write(long value, int block, int blocks, long invoked, long answered) {
    long[] values = new long[blocks];
    Arrays.fill(values, value);
    history.add(new Operation(Kind.WRITE, 1, "alpha", block, values, invoked, answered));
  }

  private void read(int block, long invoked, long answered, long... values) {
    history.add(new Operation(Kind.READ, 2, "alpha", block, values, invoked, answered));
  }

  private void readAtBeta(int block, long invoked, long answered, long... values) {
    history.add(new Operation(Kind.READ, 3, "beta", block, values, invoked, answered));
  }

  private void assertRight() {
    assertEquals(List.of(), Linearizability.check(history));
  }

  private void assertWrong(String part) {
    List<String> violations = Linearizability.check(history);
    assertFalse(violations.isEmpty(), "a wrong history passed");
    assertTrue(violations.get(0).contains(part), violations::toString);
  }

  @Test
  void shouldTakeOneAfterTheOther() {
    read(0, 1, 2, 0);
    write(7, 0, 1, 3, 4);
    read(0, 5, 6, 7);
    write(8, 0, 1, 7, 8);
    read(0, 9, 10, 8);
    assertRight();
  }

  @Test
  void shouldTakeEitherValueWhileAWriteIsUnderWay() {
    write(7, 0, 1, 1, 10);
    read(0, 2, 3, 0);
    read(0, 4, 5, 7);
    assertRight();
  }

  @Test
  void shouldTakeAnUnansweredWriteThatHappenedMuchLater() {
    write(7, 0, 1, 1, Operation.NEVER);
    write(8, 0, 1, 2, 3);
    read(0, 4, 5, 8);
    read(0, 100, 101, 7);
    assertRight();
  }

  @Test
  void shouldRejectAnUnansweredWriteThatHappenedAfterItsNodeHadLeftTheRole() {
    write(7, 0, 1, 1, Operation.NEVER);
    readAtBeta(0, 2, 3, 0);
    readAtBeta(0, 4, 5, 0);
    read(0, 6, 7, 7);
    assertWrong("no order");
  }

  @Test
  void shouldTakeAnUnansweredWriteThatHappenedBeforeTheOtherNodeAnswered() {
    write(7, 0, 1, 1, Operation.NEVER);
    readAtBeta(0, 2, 4, 7);
    read(0, 5, 6, 7);
    assertRight();
  }

  @Test
  void shouldTakeAnUnansweredWriteThatHappenedWhenTheOtherNodeHadBeenAskedBefore() {
    readAtBeta(0, 1, 4, 0);
    write(7, 0, 1, 2, Operation.NEVER);
    read(0, 5, 6, 7);
    assertRight();
  }

  @Test
  void shouldTakeAnUnansweredWriteThatNobodySaw() {
    write(7, 0, 1, 1, Operation.NEVER);
    read(0, 100, 101, 0);
    assertRight();
  }

  @Test
  void shouldRejectALostWrite() {
    write(7, 0, 1, 1, 2);
    read(0, 3, 4, 0);
    assertWrong("no order is possible");
  }

  @Test
  void shouldRejectAReadThatGoesBack() {
    write(7, 0, 1, 1, 20);
    read(0, 2, 3, 7);
    read(0, 4, 5, 0);
    assertWrong("no order is possible");
  }

  @Test
  void shouldRejectAnUnansweredWriteThatIsSeenAndThenGone() {
    write(7, 0, 1, 1, 2);
    write(8, 0, 1, 3, Operation.NEVER);
    read(0, 4, 5, 8);
    read(0, 6, 7, 7);
    assertWrong("no order is possible");
  }

  @Test
  void shouldRejectAWriteThatComesBack() {
    write(7, 0, 1, 1, Operation.NEVER);
    write(8, 0, 1, 2, 3);
    read(0, 4, 5, 7);
    read(0, 6, 7, 8);
    read(0, 8, 9, 7);
    assertWrong("no order is possible");
  }

  @Test
  void shouldRejectAReadOfTheFuture() {
    read(0, 1, 2, 7);
    write(7, 0, 1, 3, 4);
    assertWrong("read before it was written");
  }

  @Test
  void shouldRejectGarbageAndBlocksInTheWrongPlace() {
    write(7, 0, 1, 1, 2);
    read(0, 3, 4, Content.GARBAGE);
    assertWrong("nobody wrote");
    history.clear();
    write(7, 0, 1, 1, 2);
    read(1, 3, 4, 7);
    assertWrong("nobody wrote");
  }

  @Test
  void shouldRejectHalfAWriteThatWasNotAnswered() {
    write(7, 0, 4, 1, 2);
    write(8, 0, 4, 3, Operation.NEVER);
    read(0, 5, 6, 8, 8, 7, 7);
    assertWrong("by the read of both");
  }

  @Test
  void shouldRejectHalfAWriteInReadsOfOneBlockEach() {
    write(7, 0, 2, 1, 2);
    write(8, 0, 2, 3, Operation.NEVER);
    read(0, 5, 6, 8);
    read(1, 7, 8, 7);
    assertWrong("no order is possible");
  }

  @Test
  void shouldTakeAWriteOverPartOfAnother() {
    write(7, 0, 4, 1, 10);
    write(8, 1, 2, 1, 10);
    read(0, 11, 12, 7, 8, 8, 7);
    assertRight();
  }

  @Test
  void shouldRejectTwoWritesInADifferentOrderInEachBlock() {
    write(7, 0, 2, 1, 10);
    write(8, 0, 2, 1, 10);
    read(0, 11, 12, 7);
    read(1, 11, 12, 8);
    assertWrong("no order is possible");
  }

  @Test
  void shouldRejectThreeWritesInACircle() {
    write(7, 0, 2, 1, 10);
    write(8, 1, 2, 1, 10);
    history.add(new Operation(Kind.WRITE, 3, "alpha", 0, new long[] {9, 9, 9}, 1, 10));
    // Block 0: 9 before 7; block 1: 7 before 8; block 2: 8 before 9.
    read(0, 11, 12, 7, 8, 9);
    assertWrong("no order is possible");
  }

  /** The rule for one block, against a search through all orders of short random histories. */
  @Test
  void shouldAgreeWithASearchThroughAllOrders() {
    SplittableRandom random = new SplittableRandom(1);
    int right = 0;
    for (int i = 0; i < 20_000; i++) {
      history.clear();
      int operations = random.nextInt(2, 7);
      for (int n = 1; n <= operations; n++) {
        long invoked = random.nextInt(20);
        long answered = invoked + random.nextInt(1, 12);
        if (random.nextBoolean()) {
          write(n, 0, 1, invoked, random.nextInt(4) == 0 ? Operation.NEVER : answered);
        } else {
          read(0, invoked, answered, random.nextInt(operations + 1));
        }
      }
      boolean expected = Search.finds(history);
      right += expected ? 1 : 0;
      assertEquals(expected, Linearizability.check(history).isEmpty(), history::toString);
    }
    assertTrue(right > 1_000 && right < 19_000, right + " of 20000 are right");
  }
}
