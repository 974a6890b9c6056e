package io.twinlog.deploy.nemesis.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether there is an order of all operations, in agreement with the times at which they were
 * invoked and answered, in which every read returns what the last write before it wrote. Unanswered
 * writes may have happened or not; if anybody read what they wrote, they have, by the time that
 * {@link Deadlines} says.
 *
 * <p>Each write has a value of its own, so every read tells which write it saw, and no search is
 * needed. A write and the reads that saw it in a block form a cluster: in any valid order its
 * operations on the block follow one another. When some operation of A's cluster was answered
 * before some operation of B's cluster was invoked, A comes before B. For one block an order exists
 * exactly when no read is older than its write and these relations have no cycle of two (Gibbons
 * and Korach, "Testing shared memories", 1997: no two forward zones overlap, no backward zone lies
 * in a forward one). A request of several blocks is one operation: the relations of all its blocks
 * count together, and a read that saw A in one block and B in another block of A adds that A comes
 * before B. Then any cycle is a violation.
 *
 * <p>Blocks that no request covers together are independent, and looked at apart from one another.
 */
public final class Linearizability {

  private final List<String> violations = new ArrayList<>();

  private Linearizability() {}

  /** What is wrong with a history, a line for each; empty when nothing is. */
  public static List<String> check(List<Operation> operations) {
    Linearizability check = new Linearizability();
    Map<Long, Operation> writes = new HashMap<>();
    for (Operation operation : operations) {
      if (operation.isWrite() && writes.put(operation.values()[0], operation) != null) {
        throw new IllegalArgumentException("written twice: " + operation);
      }
    }
    Deadlines deadlines = Deadlines.of(operations);
    for (List<Operation> group : Groups.of(operations)) {
      check.checkGroup(group, writes, deadlines);
    }
    return check.violations;
  }

  private void checkGroup(List<Operation> group, Map<Long, Operation> writes, Deadlines deadlines) {
    List<Operation> reads = new ArrayList<>();
    for (Operation read : group) {
      if (read.isRead() && read.isAnswered() && isPossible(read, writes)) {
        reads.add(read);
      }
    }
    Map<Long, Cluster> clusters = Cluster.all(group, reads, deadlines);
    // A write that was not answered and that nobody saw need not have happened.
    clusters.values().removeIf(cluster -> !cluster.hasHappened());
    Precedence precedence = new Precedence(new ArrayList<>(clusters.values()));
    for (Operation read : reads) {
      addTorn(precedence, clusters, read);
    }
    violations.addAll(precedence.cycles());
  }

  /** Whether each value was written there, and not after the read. */
  private boolean isPossible(Operation read, Map<Long, Operation> writes) {
    for (int block = read.firstBlock(); block < read.endBlock(); block++) {
      long value = read.value(block);
      if (value == Content.ZERO) {
        continue;
      }
      Operation write = writes.get(value);
      if (write == null || !write.covers(block)) {
        violations.add("block " + block + ": nobody wrote what was read there: " + read);
        return false;
      }
      if (write.invokedNanos() > read.answeredNanos()) {
        violations.add("block " + block + ": read before it was written: " + read + "; " + write);
        return false;
      }
    }
    return true;
  }

  private static void addTorn(Precedence precedence, Map<Long, Cluster> clusters, Operation read) {
    for (int block = read.firstBlock(); block < read.endBlock(); block++) {
      Cluster one = clusters.get(read.value(block));
      for (int other = read.firstBlock(); other < read.endBlock(); other++) {
        if (read.value(other) != read.value(block) && one.covers(other)) {
          precedence.add(one, clusters.get(read.value(other)), read);
        }
      }
    }
  }
}
