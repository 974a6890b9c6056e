package io.twinlog.deploy.nemesis.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which write has to come before which, and whether that is possible. */
final class Precedence {

  private final List<Cluster> clusters;
  private final Map<Cluster, Integer> indices = new HashMap<>();

  /** What reads of several blocks add: for the first one's index, the later ones' and a read. */
  private final Map<Integer, Map<Integer, Operation>> added = new HashMap<>();

  Precedence(List<Cluster> clusters) {
    this.clusters = clusters;
    for (int i = 0; i < clusters.size(); i++) {
      indices.put(clusters.get(i), i);
    }
  }

  void add(Cluster earlier, Cluster later, Operation read) {
    added
        .computeIfAbsent(indices.get(earlier), i -> new HashMap<>())
        .putIfAbsent(indices.get(later), read);
  }

  private boolean isBefore(int one, int other) {
    return one != other
        && (clusters.get(one).blockBefore(clusters.get(other)) >= 0
            || added.getOrDefault(one, Map.of()).containsKey(other));
  }

  /** What cannot be ordered, a line for each; empty when there is an order. */
  List<String> cycles() {
    Set<Integer> left = unordered();
    List<String> cycles = new ArrayList<>();
    while (!left.isEmpty()) {
      List<Integer> cycle = cycle(left);
      cycles.add(describe(cycle));
      left.removeAll(cycle);
      retainCyclic(left);
    }
    return cycles;
  }

  /** What is on a cycle, or between two. */
  private Set<Integer> unordered() {
    Set<Integer> all = new HashSet<>();
    for (int i = 0; i < clusters.size(); i++) {
      all.add(i);
    }
    retainCyclic(all);
    return all;
  }

  /** Takes away, again and again, what nothing has to come before. */
  private void retainCyclic(Set<Integer> left) {
    Map<Integer, Integer> before = new HashMap<>();
    Deque<Integer> free = new ArrayDeque<>();
    for (int later : left) {
      int count = 0;
      for (int earlier : left) {
        count += isBefore(earlier, later) ? 1 : 0;
      }
      before.put(later, count);
      if (count == 0) {
        free.add(later);
      }
    }
    while (!free.isEmpty()) {
      int earlier = free.remove();
      left.remove(earlier);
      for (int later : left) {
        if (isBefore(earlier, later) && before.merge(later, -1, Integer::sum) == 0) {
          free.add(later);
        }
      }
    }
  }

  /** A short one; everything in the set has something in the set before it. */
  private List<Integer> cycle(Set<Integer> left) {
    for (int one : left) {
      for (int other : left) {
        if (isBefore(one, other) && isBefore(other, one)) {
          return List.of(one, other);
        }
      }
    }
    List<Integer> path = new ArrayList<>();
    int at = left.iterator().next();
    while (!path.contains(at)) {
      path.add(at);
      int later = at;
      at = left.stream().filter(earlier -> isBefore(earlier, later)).findFirst().orElseThrow();
    }
    List<Integer> cycle = new ArrayList<>(path.subList(path.indexOf(at), path.size()));
    Collections.reverse(cycle);
    return cycle;
  }

  private String describe(List<Integer> cycle) {
    StringBuilder text = new StringBuilder("no order is possible: ");
    for (int i = 0; i < cycle.size(); i++) {
      int one = cycle.get(i);
      int next = cycle.get((i + 1) % cycle.size());
      int block = clusters.get(one).blockBefore(clusters.get(next));
      text.append('[').append(clusters.get(one)).append("] before [").append(clusters.get(next));
      text.append("], ");
      if (block >= 0) {
        text.append("by the times in block ").append(block);
      } else {
        text.append("by the read of both [").append(added.get(one).get(next)).append(']');
      }
      text.append(i + 1 < cycle.size() ? "; " : "");
    }
    return text.toString();
  }
}
