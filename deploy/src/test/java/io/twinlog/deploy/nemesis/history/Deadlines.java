package io.twinlog.deploy.nemesis.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * When a request that was not answered had happened, if it has: not after the other node has
 * answered something that was asked for later. That node was primary then, so the one which was
 * asked has left that role in between; and whatever was not done by then is dropped, never carried
 * out later.
 */
final class Deadlines {

  /** For each node, the earliest answer to what was asked of it then or later. */
  private final Map<String, TreeMap<Long, Long>> answers = new HashMap<>();

  private Deadlines() {}

  static Deadlines of(List<Operation> operations) {
    Deadlines deadlines = new Deadlines();
    List<Operation> latestFirst = new ArrayList<>(operations);
    latestFirst.sort(Comparator.comparingLong(Operation::invokedNanos).reversed());
    for (Operation operation : latestFirst) {
      if (operation.isAnswered() && (operation.isRead() || operation.isWrite())) {
        TreeMap<Long, Long> ofNode =
            deadlines.answers.computeIfAbsent(operation.node(), node -> new TreeMap<>());
        long earliest = ofNode.isEmpty() ? Operation.NEVER : ofNode.firstEntry().getValue();
        ofNode.put(operation.invokedNanos(), Math.min(earliest, operation.answeredNanos()));
      }
    }
    return deadlines;
  }

  /** When it had happened, if it has. */
  long of(Operation operation) {
    long deadline = operation.answeredNanos();
    for (Map.Entry<String, TreeMap<Long, Long>> node : answers.entrySet()) {
      if (!operation.isAnswered() && !node.getKey().equals(operation.node())) {
        Map.Entry<Long, Long> later = node.getValue().higherEntry(operation.invokedNanos());
        deadline = later == null ? deadline : Math.min(deadline, later.getValue());
      }
    }
    return deadline;
  }
}
