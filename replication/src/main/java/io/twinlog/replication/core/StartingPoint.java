package io.twinlog.replication.core;

import java.util.BitSet;
import java.util.List;

/**
 * What this RAM content is worth as the starting point of a resync: a view and a number, so that a
 * resync need not send what both nodes already have.
 *
 * <p><b>What is known.</b> Let H(w) be the history of view w: the writes up to its base, which it
 * has from the view before, and those that its primary numbered on from there. The starting point
 * (w, n) says, for each c up to n: a block with {@link BlockTable#lastChanged} at most c has here
 * the content that H(w) gives it at write c. A block whose content is unknown has {@link
 * BlockTable#UNKNOWN} there, which is more than any c.
 *
 * <ul>
 *   <li>It holds for a member of w with n its own number. RAM changes by writes of H(w) alone, in
 *       their order, each of which sets {@code lastChanged}; content that came otherwise (from the
 *       backing at base b, or in a resync as of write m, which for content that {@link BackingFill}
 *       has found is the last write when it was put into RAM) has {@code lastChanged} b or m, which
 *       is not below the last write that changed the block.
 *   <li>It holds for a target once the source has said what it will send and from which number live
 *       writes go on, with w the source's view and n the running number: blocks to come are unknown
 *       until they come, the others had the content of H(w) already, and what is streamed is
 *       committed, in order, on the same link. So an interrupted resync is itself a starting point,
 *       and the next one goes on where it ended.
 * </ul>
 *
 * <p><b>What follows.</b> Each view has its predecessor's history up to its own base, so H(v) and
 * H(w) agree up to c = the least of n and the bases of the views after w up to v; what this node
 * has beyond c may be dead (hazard 17: applied, never confirmed, and not in the new primary's
 * base). A source in view v therefore has to send the blocks that changed there after c, and those
 * that changed here after c, and no others: any other block has the content of H at c on both
 * sides, and keeps it up to the source's number.
 *
 * <p>Where a view is missing in the source's {@link Lineage}, or RAM was never a whole copy, there
 * is no common number, and everything is sent.
 */
final class StartingPoint {
  /** {@link #common}: nothing is known to be the same. */
  static final long NONE = -1;

  private final Replica replica;
  private final RamRecord record;

  /** 0 when nothing is known of the content. */
  private long view;

  /** Up to where the content is of the view's history; the replica's own number when running. */
  private long number;

  private boolean running;

  /** The backing's content is not all in RAM yet. */
  private boolean loads;

  StartingPoint(Replica replica, RamRecord record) {
    this.replica = replica;
    this.record = record;
  }

  /** The content of RAM that has outlived its process is of that view's history up to a number. */
  void restore(long ofView, long upTo) {
    view = ofView;
    number = upTo;
  }

  /** RAM follows the history of this view from now on, with the replica's own number. */
  void follow(long ofView) {
    if (!loads) {
      view = ofView;
      running = true;
      record.follow(ofView, replica.number());
    }
  }

  /** As {@link #follow}: a resync sends, or has marked unknown, whatever RAM lacks. */
  void followResync(long ofView) {
    loads = false;
    follow(ofView);
  }

  /** RAM is about to be filled from the backing; until it is, nothing is known of its content. */
  void load() {
    view = 0;
    running = false;
    loads = true;
    record.forget();
  }

  /** RAM lacks nothing any more. */
  void loaded() {
    if (loads) {
      followResync(replica.view().number());
    }
  }

  /** The replica's number is about to mean nothing; the content stays. */
  void stay() {
    number = number();
    running = false;
  }

  /** Nothing is known of the content. */
  void forget() {
    view = 0;
    running = false;
    record.forget();
  }

  /** The view in whose history the content is; 0 when nothing is known of it. */
  long view() {
    return view;
  }

  long number() {
    return running ? replica.number() : number;
  }

  /**
   * Up to which write the content and the offering primary's history are the same.
   *
   * @param bases of the latest views, the last that of {@code ofView}
   * @return {@link #NONE} when nothing is known to be
   */
  long common(long ofView, List<Long> bases) {
    long missed = ofView - view;
    if (view == 0 || missed <= 0 || missed > bases.size()) {
      return NONE;
    }
    long common = number();
    if (replica.rules().contains(Rule.GIVE_UP_BEYOND_BASE)) {
      for (long base : bases.subList(bases.size() - (int) missed, bases.size())) {
        common = Math.min(common, base);
      }
    }
    return common;
  }

  /** The blocks that changed here after the write. */
  BitSet changedAfter(long common, BlockTable table) {
    return replica.rules().contains(Rule.GIVE_UP_BEYOND_BASE)
        ? table.changedAfter(common)
        : table.changedAfter(BlockTable.UNKNOWN - 1);
  }
}
