package io.twinlog.deploy.nemesis.history;

import java.util.ArrayList;
import java.util.List;

/** Looks for an order of a short history of one block by trying all (Wing and Gong, 1993). */
final class Search {

  private Search() {}

  static boolean finds(List<Operation> history) {
    return finds(new ArrayList<>(history), Content.ZERO);
  }

  private static boolean finds(List<Operation> left, long value) {
    if (left.stream().noneMatch(Operation::isAnswered)) {
      return true;
    }
    long firstAnswer = left.stream().mapToLong(Operation::answeredNanos).min().orElseThrow();
    for (Operation next : left) {
      // Nothing that was answered before it was invoked may be left for later.
      boolean isPossible =
          next.invokedNanos() <= firstAnswer && (next.isWrite() || next.values()[0] == value);
      if (isPossible) {
        List<Operation> rest = new ArrayList<>(left);
        rest.remove(next);
        if (finds(rest, next.isWrite() ? next.values()[0] : value)) {
          return true;
        }
      }
    }
    return false;
  }
}
