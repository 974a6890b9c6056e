package io.twinlog.blockdev.log;

import java.util.ArrayList;
import java.util.List;

/**
 * A view as it is chosen on the backing: who holds every acknowledged write (design, section 3).
 * Nodes are 0 and 1, in the order of their names in the configuration.
 *
 * @param number 1, 2, ...; exactly one view is ever chosen for each
 * @param primary the primary node, or {@link #NO_NODE}
 * @param members bit n is set when node n is a member
 * @param incarnation0 node 0's incarnation when it is a member, else 0
 * @param incarnation1 node 1's incarnation when it is a member, else 0
 * @param base number of the last write that belongs to the history when the view begins
 * @param completeAtBirth whether the backing alone can rebuild the device from the view's start
 * @param clean an orderly stop: everything is on the backing, nobody is primary
 * @param liveShelves which shelves are not stale as the view begins; see {@link LiveShelves}
 * @param limits for batches of earlier views, ascending by {@code fromView}; see {@link CutLimit}
 */
public record View(
    long number,
    int primary,
    int members,
    long incarnation0,
    long incarnation1,
    long base,
    boolean completeAtBirth,
    boolean clean,
    int liveShelves,
    List<CutLimit> limits) {

  /** No node: the primary of a view that has none. */
  public static final int NO_NODE = -1;

  /** How many limits a slot record has room for. */
  public static final int MAX_LIMITS = 16;

  /**
   * What counts of old batches: one of a view {@code w >= fromView} (and below the next entry's
   * {@code fromView}) counts only if its cut is at most {@code maxCut}, the least base of all views
   * after {@code w}. {@code maxCut} never falls from one entry to the next.
   */
  public record CutLimit(long fromView, long maxCut) {}

  public View {
    limits = List.copyOf(limits);
  }

  /** The same view with other live shelves. */
  public View withLiveShelves(int shelves) {
    return new View(
        number,
        primary,
        members,
        incarnation0,
        incarnation1,
        base,
        completeAtBirth,
        clean,
        shelves,
        limits);
  }

  public boolean isMember(int node) {
    return (members & (1 << node)) != 0;
  }

  /** Whether exactly this node is a member and primary. */
  public boolean isLone(int node) {
    return primary == node && members == 1 << node;
  }

  public long incarnation(int node) {
    return node == 0 ? incarnation0 : incarnation1;
  }

  /** Whether a batch of view {@code batchView} with this cut belongs to the history. */
  public boolean counts(long batchView, long cut) {
    if (batchView >= number) {
      return batchView == number;
    }
    long maxCut = -1;
    for (CutLimit limit : limits) {
      if (limit.fromView() > batchView) {
        break;
      }
      maxCut = limit.maxCut();
    }
    return cut <= maxCut;
  }

  /**
   * The limits that the next view carries when its base is {@code nextBase} and nothing below
   * {@code checkpoint} matters any more. Empty views of the list's head are merged, so the list
   * stays short while checkpoints are published.
   */
  public List<CutLimit> nextLimits(long nextBase, long checkpoint) {
    List<CutLimit> next = new ArrayList<>();
    for (CutLimit limit : limits) {
      append(next, limit.fromView(), Math.min(limit.maxCut(), nextBase), checkpoint);
    }
    append(next, number, nextBase, checkpoint);
    return next;
  }

  private static void append(List<CutLimit> list, long fromView, long maxCut, long checkpoint) {
    if (list.isEmpty()) {
      list.add(new CutLimit(fromView, maxCut));
      return;
    }
    CutLimit last = list.get(list.size() - 1);
    if (last.maxCut() == maxCut) {
      return;
    }
    // Both below the checkpoint: neither lets a batch count that recovery would look at.
    if (maxCut < checkpoint) {
      list.set(list.size() - 1, new CutLimit(last.fromView(), maxCut));
      return;
    }
    list.add(new CutLimit(fromView, maxCut));
  }
}
