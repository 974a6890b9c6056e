package io.twinlog.deploy.nemesis.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether what was recovered after both nodes were lost at once is a state that the device really
 * had, and not an older one than is promised. If a write is there, everything is that came before
 * it; so a block must not be as it was before a write that came before some write that is there.
 */
final class Prefix {

  /** {@code destage-delay} and one batch, on a machine that is busy. */
  static final long MAX_AGE_NANOS = 10_000_000_000L;

  private Prefix() {}

  /** What is wrong, a line for each; empty when nothing is, or nothing was recovered. */
  static List<String> check(List<Operation> operations) {
    List<String> violations = new ArrayList<>();
    Map<Integer, Long> recovered = new HashMap<>();
    long lost = Long.MIN_VALUE;
    for (Operation look : operations) {
      if (look.kind() == Operation.Kind.RECOVERED) {
        lost = Math.max(lost, look.invokedNanos());
        for (int block = look.firstBlock(); block < look.endBlock(); block++) {
          recovered.put(block, look.value(block));
        }
      }
    }
    if (recovered.isEmpty()) {
      return violations;
    }
    List<Map<Long, Cluster>> groups = new ArrayList<>();
    Deadlines deadlines = Deadlines.of(operations);
    for (List<Operation> group : Groups.of(operations)) {
      groups.add(Cluster.all(group, group.stream().filter(Prefix::isSeen).toList(), deadlines));
    }
    Set<Cluster> there = new HashSet<>();
    long everythingBefore = lost - MAX_AGE_NANOS;
    for (Map<Long, Cluster> clusters : groups) {
      for (Map.Entry<Integer, Long> block : recovered.entrySet()) {
        Cluster write = clusters.get(block.getValue());
        if (write != null && write.covers(block.getKey())) {
          there.add(write);
          everythingBefore = Math.max(everythingBefore, write.invoked());
        }
      }
    }
    for (Map.Entry<Integer, Long> block : recovered.entrySet()) {
      checkBlock(block.getKey(), block.getValue(), groups, there, everythingBefore, violations);
    }
    return violations;
  }

  private static boolean isSeen(Operation operation) {
    return operation.isRead() && operation.isAnswered();
  }

  private static void checkBlock(
      int block,
      long value,
      List<Map<Long, Cluster>> groups,
      Set<Cluster> there,
      long everythingBefore,
      List<String> violations) {
    for (Map<Long, Cluster> clusters : groups) {
      if (!clusters.get(Content.ZERO).covers(block)) {
        continue;
      }
      Cluster found = clusters.get(value);
      if (found == null || !found.covers(block)) {
        violations.add("block " + block + ": nobody wrote what was recovered there: " + value);
        continue;
      }
      for (Cluster write : clusters.values()) {
        boolean mustBeThere = there.contains(write) || write.firstAnswered() < everythingBefore;
        if (write != found
            && write.covers(block)
            && mustBeThere
            && found.isBeforeIn(block, write)) {
          violations.add(
              "block %d: recovered [%s] without [%s], which came later and has to be there"
                  .formatted(block, found, write));
        }
      }
    }
  }
}
