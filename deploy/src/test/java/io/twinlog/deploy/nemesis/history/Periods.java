package io.twinlog.deploy.nemesis.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether at most one node ever acknowledged: each answered operation must fit into a view whose
 * primary the node was, such that operations that followed one another are in views that followed
 * one another, and nothing is in a view before that one was chosen.
 */
public final class Periods {

  /** How much later than it learnt of a view a node may have said so. */
  private static final long SLACK_NANOS = 200_000_000;

  /** A view of which nobody told; any node may have been its primary. */
  private static final String UNKNOWN = "?";

  private final List<String> primaries = new ArrayList<>();
  private final List<Long> earliest = new ArrayList<>();

  private Periods(List<ViewSeen> views) {
    Map<Long, List<ViewSeen>> byNumber = new TreeMap<>();
    for (ViewSeen view : views) {
      byNumber.computeIfAbsent(view.number(), number -> new ArrayList<>()).add(view);
    }
    long expected = 0;
    // A view is chosen by somebody who has learnt of the one before it.
    long notBefore = Long.MIN_VALUE;
    for (Map.Entry<Long, List<ViewSeen>> entry : byNumber.entrySet()) {
      if (expected != 0 && entry.getKey() != expected) {
        add(UNKNOWN, notBefore);
      }
      List<ViewSeen> seen = entry.getValue();
      add(seen.get(0).primary(), notBefore);
      notBefore = Math.max(notBefore, learntBy(seen));
      expected = entry.getKey() + 1;
    }
    // A view chosen after the last one that anybody could tell of.
    add(UNKNOWN, notBefore);
  }

  /** When the first of both nodes had learnt of a view; none before if one does not say when. */
  private static long learntBy(List<ViewSeen> seen) {
    Map<String, Long> byNode = new TreeMap<>();
    for (ViewSeen view : seen) {
      byNode.merge(view.node(), view.seenNanos(), Math::min);
    }
    long first = Collections.min(byNode.values());
    return byNode.size() < 2 || first == ViewSeen.SOME_TIME ? Long.MIN_VALUE : first - SLACK_NANOS;
  }

  private void add(String primary, long notBefore) {
    primaries.add(primary);
    earliest.add(notBefore);
  }

  /** What is wrong, a line for each; empty when nothing is. */
  public static List<String> check(List<Operation> operations, List<ViewSeen> views) {
    List<String> violations = new ArrayList<>(contradictions(views));
    if (violations.isEmpty()) {
      new Periods(views).place(operations, violations);
    }
    return violations;
  }

  /** For each number exactly one view is ever chosen. */
  private static List<String> contradictions(List<ViewSeen> views) {
    List<String> found = new ArrayList<>();
    Map<Long, ViewSeen> known = new TreeMap<>();
    for (ViewSeen view : views) {
      ViewSeen other = known.putIfAbsent(view.number(), view);
      if (other != null && !other.primary().equals(view.primary())) {
        found.add("two views of one number: " + other.text() + "; " + view.text());
      }
    }
    return found;
  }

  private record Moment(long nanos, boolean isAnswer, int operation) {}

  /** Each operation goes into the earliest view that is possible, in order of their answers. */
  private void place(List<Operation> operations, List<String> violations) {
    List<Operation> answered =
        operations.stream().filter(o -> o.isAnswered() && (o.isRead() || o.isWrite())).toList();
    List<Moment> moments = new ArrayList<>();
    for (int i = 0; i < answered.size(); i++) {
      moments.add(new Moment(answered.get(i).invokedNanos(), false, i));
      moments.add(new Moment(answered.get(i).answeredNanos(), true, i));
    }
    // What is answered in the same nanosecond in which another is invoked need not be before it.
    moments.sort(Comparator.comparingLong(Moment::nanos).thenComparing(Moment::isAnswer));
    int[] atLeast = new int[answered.size()];
    int reached = 0;
    for (Moment moment : moments) {
      if (!moment.isAnswer()) {
        atLeast[moment.operation()] = reached;
        continue;
      }
      Operation operation = answered.get(moment.operation());
      int place = find(operation, atLeast[moment.operation()]);
      if (place < 0) {
        violations.add(
            "answered by a node that was not primary, or not any more; the view then was the one of"
                + " "
                + primaries.get(atLeast[moment.operation()])
                + ": "
                + operation);
        return;
      }
      reached = Math.max(reached, place);
    }
  }

  private int find(Operation operation, int from) {
    for (int i = from; i < primaries.size(); i++) {
      if (earliest.get(i) > operation.answeredNanos()) {
        return -1;
      }
      String primary = primaries.get(i);
      if (primary.equals(operation.node()) || primary.equals(UNKNOWN)) {
        return i;
      }
    }
    return -1;
  }
}
