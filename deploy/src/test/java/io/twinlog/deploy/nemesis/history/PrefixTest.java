package io.twinlog.deploy.nemesis.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.deploy.nemesis.history.Operation.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PrefixTest {

  private static final long LOST = 100;
  private static final long AGES = 2 * Prefix.MAX_AGE_NANOS;

  private final List<Operation> history = new ArrayList<>();

  private void write(long value, int block, int blocks, long invoked, long answered) {
    long[] values = new long[blocks];
    Arrays.fill(values, value);
    history.add(new Operation(Kind.WRITE, 1, "alpha", block, values, invoked, answered));
  }

  private void recovered(long lost, int block, long... values) {
    history.add(new Operation(Kind.RECOVERED, 9, "alpha", block, values, lost, lost + 1));
  }

  private void assertViolations(int count) {
    List<String> found = Prefix.check(history);
    assertEquals(count, found.size(), found::toString);
  }

  @Test
  void shouldTakeEveryPrefix() {
    write(7, 0, 1, 1, 2);
    write(8, 1, 1, 3, 4);
    write(9, 0, 1, 5, 6);
    recovered(LOST, 0, 7, 0);
    assertViolations(0);
    history.remove(3);
    recovered(LOST, 0, 7, 8);
    assertViolations(0);
    history.remove(3);
    recovered(LOST, 0, 9, 8);
    assertViolations(0);
  }

  @Test
  void shouldRejectALaterWriteWithoutAnEarlierOne() {
    write(7, 0, 1, 1, 2);
    write(8, 1, 1, 3, 4);
    recovered(LOST, 0, 0, 8);
    assertViolations(1);
  }

  @Test
  void shouldRejectHalfAWriteThatWasNotAnswered() {
    write(7, 0, 2, 1, 2);
    write(8, 0, 2, 3, Operation.NEVER);
    recovered(LOST, 0, 7, 8);
    assertViolations(1);
  }

  @Test
  void shouldRejectWhatNobodyWrote() {
    write(7, 0, 2, 1, 2);
    recovered(LOST, 0, 7, Content.GARBAGE);
    assertViolations(1);
  }

  @Test
  void shouldRejectAStateOlderThanPromised() {
    write(7, 0, 1, 1, 2);
    write(8, 0, 1, AGES - 2, AGES - 1);
    recovered(AGES, 0, 7);
    assertViolations(0);
    history.remove(2);
    recovered(AGES, 0, 0);
    assertViolations(1);
  }
}
