package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What has happened to the device, as the promise allows it: one sequence of committed writes,
 * which each new view may cut no shorter than what was acknowledged or read, and every
 * acknowledgement, read, copy and backing state checked against it (design, section 1).
 */
final class History {
  private final SimWorld world;
  private final int deviceBytes;

  /** Committed writes; index 0 is write 1. */
  private final List<SimRequest> committed = new ArrayList<>();

  /** The device after each; index 0 is before write 1. */
  private final List<byte[]> images = new ArrayList<>();

  private final Map<Long, View> views = new HashMap<>();
  private final long[] seen = new long[2];
  private long latestView = 1;

  History(SimWorld world, int deviceBytes) {
    this.world = world;
    this.deviceBytes = deviceBytes;
    images.add(new byte[deviceBytes]);
  }

  /** Number of the last write that was acknowledged or may have been read. */
  long floor() {
    return committed.size();
  }

  long latestView() {
    return latestView;
  }

  View view(long number) {
    return views.get(number);
  }

  byte[] image(long number) {
    return images.get((int) number);
  }

  private void append(SimRequest write) {
    byte[] next = images.get(images.size() - 1).clone();
    write.applyTo(next);
    committed.add(write);
    images.add(next);
  }

  /** A primary has acknowledged a write. */
  void committed(SimNode node, SimRequest write) {
    long number = node.replica().number();
    observe(node);
    if (number <= committed.size()) {
      SimRequest canonical = committed.get((int) number - 1);
      if (canonical != write) {
        throw new SimFailure(
            "node %d acknowledges %s as write %d, which is %s"
                .formatted(node.index(), write, number, canonical));
      }
      return;
    }
    if (node.replica().view().number() < latestView) {
      throw new SimFailure(
          "node %d acknowledges write %d in view %d, view %d is chosen"
              .formatted(node.index(), number, node.replica().view().number(), latestView));
    }
    if (number != committed.size() + 1) {
      throw new SimFailure(
          "node %d acknowledges write %d after %d"
              .formatted(node.index(), number, committed.size()));
    }
    append(write);
  }

  /** A primary has answered a read. */
  void read(SimNode node, SimRequest read, long floorAtBegin) {
    long number = node.replica().number();
    observe(node);
    if (number < floorAtBegin) {
      throw new SimFailure(
          "node %d answers %s as of write %d, %d was acknowledged before it began"
              .formatted(node.index(), read, number, floorAtBegin));
    }
    if (number > committed.size()) {
      throw new SimFailure(
          "node %d answers %s as of write %d, committed are %d"
              .formatted(node.index(), read, number, committed.size()));
    }
    int from = (int) read.offsetBytes();
    int to = (int) (from + read.lengthBytes());
    if (!Arrays.equals(node.ram(), from, to, image(number), from, to)) {
      throw new SimFailure(
          "node %d answers %s with other bytes than write %d left"
              .formatted(node.index(), read, number));
    }
  }

  /** Looks at a node after anything has happened to it. */
  void observe(SimNode node) {
    View view = node.replica().view();
    if (view == null || (view.number() == seen[node.index()] && views.containsKey(view.number()))) {
      return;
    }
    seen[node.index()] = view.number();
    View before = views.putIfAbsent(view.number(), view);
    if (before != null) {
      if (!sameChoice(before, view)) {
        throw new SimFailure("two views chosen for one number: " + before + " and " + view);
      }
      return;
    }
    if (view.number() > latestView) {
      chosen(view, node);
      latestView = view.number();
    }
  }

  private static boolean sameChoice(View a, View b) {
    return a.primary() == b.primary()
        && a.members() == b.members()
        && a.incarnation0() == b.incarnation0()
        && a.incarnation1() == b.incarnation1()
        && a.base() == b.base()
        && a.completeAtBirth() == b.completeAtBirth()
        && a.clean() == b.clean();
  }

  /** The history goes on from the view's base. */
  private void chosen(View view, SimNode node) {
    world.trace("chosen " + view, node);
    if (view.base() < committed.size()) {
      if (!world.lossAccepted()) {
        throw new SimFailure(
            "view %d begins at write %d, %d were acknowledged"
                .formatted(view.number(), view.base(), committed.size()));
      }
      world.count("loss accepted");
      committed.subList((int) view.base(), committed.size()).clear();
      images.subList((int) view.base() + 1, images.size()).clear();
    }
    while (committed.size() < view.base()) {
      append(unacknowledged(committed.size() + 1L, view));
    }
  }

  /**
   * A write that nobody was told of has become part of the history: one that a primary had sent.
   */
  private SimRequest unacknowledged(long number, View view) {
    int holder = view.primary() == View.NO_NODE ? 0 : view.primary();
    boolean loaded = view.completeAtBirth() && !view.clean();
    if (loaded && views.containsKey(view.number() - 1)) {
      int previous = views.get(view.number() - 1).primary();
      holder = previous == View.NO_NODE ? holder : previous;
    }
    for (int node : new int[] {holder, 1 - holder}) {
      SimRequest write = world.node(node).assigned().get(number);
      if (write != null) {
        return write;
      }
    }
    throw new SimFailure("nobody ever wrote number " + number + " of the base of " + view);
  }

  /** Compares a copy that counts with the history. */
  void checkCopy(SimNode node) {
    Replica replica = node.replica();
    if (!node.isAlive()
        || replica.view() == null
        || replica.view().number() != latestView
        || !replica.isMember()
        || (replica.isPrimary() && !replica.isPopulated())
        || replica.number() > committed.size()) {
      return;
    }
    int at = Arrays.mismatch(node.ram(), image(replica.number()));
    if (at >= 0) {
      List<SimRequest> last =
          committed.subList(Math.max(0, committed.size() - 5), committed.size());
      throw new SimFailure(
          "node %d's copy differs from the history at write %d, byte %d; last writes %s"
              .formatted(node.index(), replica.number(), at, last));
    }
  }

  int deviceBytes() {
    return deviceBytes;
  }
}
