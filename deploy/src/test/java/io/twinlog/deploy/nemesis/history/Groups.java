package io.twinlog.deploy.nemesis.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Operations by the blocks that depend on one another, because some request covers them. */
final class Groups {

  private Groups() {}

  static List<List<Operation>> of(List<Operation> operations) {
    List<Operation> sorted = new ArrayList<>(operations);
    sorted.sort(Comparator.comparingInt(Operation::firstBlock));
    List<List<Operation>> groups = new ArrayList<>();
    int end = -1;
    for (Operation operation : sorted) {
      if (operation.firstBlock() >= end) {
        groups.add(new ArrayList<>());
      }
      groups.get(groups.size() - 1).add(operation);
      end = Math.max(end, operation.endBlock());
    }
    return groups;
  }
}
