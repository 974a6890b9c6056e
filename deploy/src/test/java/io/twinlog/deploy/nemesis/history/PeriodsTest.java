package io.twinlog.deploy.nemesis.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.deploy.nemesis.history.Operation.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PeriodsTest {

  private static final long SECOND = 1_000_000_000;

  private final List<Operation> history = new ArrayList<>();
  private final List<ViewSeen> views = new ArrayList<>();
  private long value;

  private void answered(String node, long invokedSeconds, long answeredSeconds) {
    history.add(
        new Operation(
            Kind.WRITE,
            1,
            node,
            0,
            new long[] {++value},
            invokedSeconds * SECOND,
            answeredSeconds * SECOND));
  }

  private void view(long number, String primary, long seconds) {
    views.add(new ViewSeen(number, primary, "alpha", seconds * SECOND));
    views.add(new ViewSeen(number, primary, "beta", seconds * SECOND));
  }

  private void assertViolations(int count) {
    List<String> found = Periods.check(history, views);
    assertEquals(count, found.size(), found::toString);
  }

  @Test
  void shouldTakeOnePrimaryAfterTheOther() {
    view(2, "alpha", 1);
    view(3, "beta", 10);
    view(4, "alpha", 20);
    answered("alpha", 2, 3);
    answered("beta", 11, 12);
    answered("alpha", 21, 22);
    assertViolations(0);
  }

  @Test
  void shouldRejectTwoAtTheSameTime() {
    view(2, "alpha", 1);
    view(3, "beta", 10);
    view(4, "beta", 30);
    answered("alpha", 2, 3);
    answered("beta", 11, 12);
    answered("alpha", 13, 14);
    answered("beta", 15, 16);
    assertViolations(1);
  }

  @Test
  void shouldRejectAnOldPrimaryThatIsPrimaryAgainLater() {
    view(2, "alpha", 1);
    view(3, "beta", 10);
    view(4, "beta", 20);
    view(5, "alpha", 40);
    answered("beta", 11, 12);
    answered("alpha", 13, 14);
    assertViolations(1);
  }

  @Test
  void shouldAllowForAViewThatNobodyToldOf() {
    view(2, "alpha", 1);
    view(4, "alpha", 20);
    answered("alpha", 2, 3);
    answered("beta", 4, 5);
    answered("alpha", 21, 22);
    assertViolations(0);
  }

  @Test
  void shouldRejectTwoViewsOfOneNumber() {
    view(2, "alpha", 1);
    views.add(new ViewSeen(2, "beta", "beta", SECOND));
    assertViolations(1);
  }

  @Test
  void shouldFindTheSameInTheFile(@TempDir Path directory) throws Exception {
    view(2, "alpha", 1);
    view(3, "beta", 10);
    answered("alpha", 2, 3);
    history.add(new Operation(Kind.READ, 2, "beta", 0, new long[] {1, 0, -1}, 5, Operation.NEVER));
    Path file = directory.resolve("history");
    try (History out = new History(file)) {
      out.tell("a story\nof two lines");
      history.forEach(out::add);
      views.forEach(out::add);
    }
    History.Contents read = History.read(file);
    assertEquals(history, read.operations());
    assertEquals(views, read.views());
    assertEquals(4 + views.size(), Files.readAllLines(file).size());
  }
}
