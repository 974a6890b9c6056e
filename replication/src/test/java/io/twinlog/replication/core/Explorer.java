package io.twinlog.replication.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Takes a world through everything that can happen to it, depth first; a world that is like one
 * seen before is not gone on with. Of those only a number of 64 bits is kept, so that two in a
 * million million states may be taken for one another by mistake.
 */
final class Explorer {

  /**
   * What was found.
   *
   * @param exhausted whether every state was seen
   * @param failure how the promise was broken, or null
   */
  record Result(long states, long steps, int depth, boolean exhausted, String failure) {}

  private static final class Branch {
    final ExploredWorld world;
    final List<ExploredWorld.Step> steps;
    int next;

    Branch(ExploredWorld world) {
      this.world = world;
      this.steps = world.steps();
      // What a story goes on with first: so its end is tried at each time before its beginning is.
      Collections.reverse(steps);
    }
  }

  private final ArrayDeque<Branch> path = new ArrayDeque<>();
  private long[] seen = new long[1 << 16];
  private int seenCount;

  /** Explores until everything has been seen, a failure was found, or the states are too many. */
  Result explore(ExploredWorld start, long mostStates) {
    path.push(new Branch(start));
    add(start.digest());
    long steps = 0;
    int depth = 0;
    while (!path.isEmpty()) {
      Branch branch = path.peek();
      if (branch.next == branch.steps.size()) {
        path.pop();
        continue;
      }
      if (seenCount >= mostStates) {
        return new Result(seenCount, steps, depth, false, null);
      }
      ExploredWorld.Step step = branch.steps.get(branch.next++);
      boolean last = branch.next == branch.steps.size();
      ExploredWorld world = last ? branch.world : branch.world.copy();
      steps++;
      try {
        world.take(step);
      } catch (RuntimeException e) {
        return new Result(seenCount, steps, depth, false, e.getMessage());
      }
      if (add(world.digest())) {
        path.push(new Branch(world));
        depth = Math.max(depth, path.size());
      }
    }
    return new Result(seenCount, steps, depth, true, null);
  }

  /** The steps that lead to where the exploration is. */
  List<ExploredWorld.Step> steps() {
    List<ExploredWorld.Step> steps = new ArrayList<>();
    path.descendingIterator()
        .forEachRemaining(branch -> steps.add(branch.steps.get(branch.next - 1)));
    return steps;
  }

  private boolean add(long digest) {
    long value = digest == 0 ? 1 : digest;
    int at = place(seen, value);
    if (seen[at] == value) {
      return false;
    }
    seen[at] = value;
    if (++seenCount > seen.length / 2) {
      long[] larger = new long[seen.length * 2];
      Arrays.stream(seen).filter(old -> old != 0).forEach(old -> larger[place(larger, old)] = old);
      seen = larger;
    }
    return true;
  }

  private static int place(long[] table, long value) {
    int at = (int) (value ^ (value >>> 32)) & (table.length - 1);
    while (table[at] != 0 && table[at] != value) {
      at = (at + 1) & (table.length - 1);
    }
    return at;
  }
}
