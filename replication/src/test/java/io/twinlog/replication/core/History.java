package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What has happened to the device, as the promise allows it: one sequence of committed writes,
 * which each new view may cut no shorter than what was committed, and every acknowledgement, read,
 * copy and backing state checked against it (design, section 1).
 */
final class History {
  private final SimWorld world;

  /** Committed writes; index 0 is write 1. */
  private final List<SimRequest> committed = new ArrayList<>();

  /** When each was committed. */
  private final List<Long> committedNanos = new ArrayList<>();

  /** The device after each; index 0 is before write 1. */
  private final List<Image> images = new ArrayList<>();

  /** Writes that a later view has left out: nobody may ever see them again. */
  private final Map<SimRequest, Long> leftOut = new HashMap<>();

  /** The latest view in which anybody was told anything. */
  private long answeredView;

  private final Map<Long, View> views = new HashMap<>();
  private final long[] seen = new long[2];
  private final long[] lives = new long[2];
  private final long[] incarnations = new long[2];
  private long latestView = 1;
  private long acknowledged;

  /** Everything up to here was promised to be on the backing: no loss of RAM takes it back. */
  private long durable;

  History(SimWorld world) {
    this.world = world;
    images.add(Image.zeros(world.options().blocks()));
  }

  /** Number of the last write that was committed, and may have been read. */
  long floor() {
    return committed.size();
  }

  /** Number of the last write that a client was told of. */
  long acknowledged() {
    return acknowledged;
  }

  /** Number of the last write that was promised to be on the backing. */
  long durable() {
    return durable;
  }

  long latestView() {
    return latestView;
  }

  View view(long number) {
    return views.get(number);
  }

  Image image(long number) {
    return images.get((int) number);
  }

  /**
   * The device after the write, which may be one that is not committed yet, as this node has
   * numbered it; null when it knows of none.
   */
  Image imageAsOf(long number, SimNode node) {
    if (number <= committed.size()) {
      return image(number);
    }
    Image image = images.get(images.size() - 1);
    for (long next = committed.size() + 1L; next <= number; next++) {
      SimRequest write = node.assigned().get(next);
      if (write == null) {
        return null;
      }
      image = image.with(write);
    }
    return image;
  }

  /** Number of the last write that was committed at that time. */
  long committedBy(long nanos) {
    int number = committed.size();
    while (number > 0 && committedNanos.get(number - 1) > nanos) {
      number--;
    }
    return number;
  }

  private void append(SimRequest write) {
    Long without = leftOut.get(write);
    if (without != null && answeredView >= without) {
      throw new SimFailure(
          "%s, which view %d had left out and answered without, is committed"
              .formatted(write, without));
    }
    images.add(images.get(images.size() - 1).with(write));
    committed.add(write);
    committedNanos.add(world.now());
  }

  /** A primary has acknowledged a write. */
  void acknowledged(SimNode node, SimRequest write) {
    observe(node);
    noteAnswer(node);
    long number = write.number();
    if (number == 0 || number > node.replica().number()) {
      throw new SimFailure("node %d acknowledges %s uncommitted".formatted(node.index(), write));
    }
    if (number > committed.size()) {
      throw new SimFailure(
          "node %d acknowledges write %d in view %d; view %d is chosen, %d are committed"
              .formatted(
                  node.index(),
                  number,
                  node.replica().view().number(),
                  latestView,
                  committed.size()));
    }
    SimRequest canonical = committed.get((int) number - 1);
    if (canonical != write) {
      throw new SimFailure(
          "node %d acknowledges %s as write %d, which is %s"
              .formatted(node.index(), write, number, canonical));
    }
    acknowledged = Math.max(acknowledged, number);
    boolean toLog = write.forceUnitAccess() && world.config(node.index()).flushToLog();
    keeps(node, number, toLog, write);
  }

  private void noteAnswer(SimNode node) {
    answeredView = Math.max(answeredView, node.replica().view().number());
  }

  /** A primary has answered a FLUSH. */
  void flushed(SimNode node, SimRequest flush) {
    observe(node);
    noteAnswer(node);
    boolean toLog = world.config(node.index()).flushToLog();
    keeps(node, flush.acknowledgedAtBegin(), toLog, flush);
  }

  /**
   * What was acknowledged up to the number is where it has to be: on the backing, or in two RAMs.
   */
  private void keeps(SimNode node, long number, boolean toLog, SimRequest request) {
    View view = node.replica().view();
    if (toLog || view.members() != 3) {
      if (number > durable) {
        durable = number;
        world.backing().sometimesCheckDurable(request);
      }
    } else if (view.number() == latestView) {
      for (int i = 0; i < 2; i++) {
        Replica replica = world.node(i).replica();
        // A target that is a member by now may not know it yet.
        if (world.node(i).isAlive()
            && replica.view() != null
            && replica.view().number() == latestView
            && replica.incarnation() == view.incarnation(i)
            && replica.number() < number) {
          throw new SimFailure(
              "node %d answers %s, node %d holds writes up to %d, %d were acknowledged"
                  .formatted(node.index(), request, i, replica.number(), number));
        }
      }
    }
  }

  /** A primary has answered a read. */
  void read(SimNode node, SimRequest read) {
    observe(node);
    noteAnswer(node);
    long number = node.replica().number();
    if (number < read.floorAtBegin()) {
      throw new SimFailure(
          "node %d answers %s as of write %d, %d was committed before it began"
              .formatted(node.index(), read, number, read.floorAtBegin()));
    }
    if (number > committed.size()) {
      throw new SimFailure(
          "node %d answers %s as of write %d, committed are %d"
              .formatted(node.index(), read, number, committed.size()));
    }
    int from = (int) read.offsetBytes();
    int at = image(number).mismatch(node.ram(), from, (int) (from + read.lengthBytes()));
    if (at >= 0) {
      throw new SimFailure(
          "node %d answers %s with other bytes than write %d left, at %d"
              .formatted(node.index(), read, number, at));
    }
  }

  /** Looks at a node after anything has happened to it. */
  void observe(SimNode node) {
    View view = node.replica().view();
    if (view == null) {
      return;
    }
    watchCopy(node);
    if (view.number() != seen[node.index()] || !views.containsKey(view.number())) {
      sawView(view, node);
    }
    if (node.replica().isPrimary() && view.number() == latestView) {
      while (committed.size() < node.replica().number()) {
        SimRequest write = node.assigned().get(committed.size() + 1L);
        if (write == null) {
          throw new SimFailure("nobody ever wrote number " + (committed.size() + 1));
        }
        append(write);
      }
    }
  }

  /** Who gives its copy up leaves nothing acknowledged behind that is not on the backing. */
  private void watchCopy(SimNode node) {
    int index = node.index();
    long incarnation = node.replica().incarnation();
    boolean givenUp = lives[index] == node.life() && incarnations[index] != incarnation;
    lives[index] = node.life();
    incarnations[index] = incarnation;
    if (givenUp && !world.operators().isLossAsked()) {
      world.backing().checkHolds(acknowledged);
    }
  }

  private void sawView(View view, SimNode node) {
    seen[node.index()] = view.number();
    View before = views.putIfAbsent(view.number(), view);
    if (before != null && !sameChoice(before, view)) {
      throw new SimFailure("two views chosen for one number: " + before + " and " + view);
    }
    if (before == null && view.number() > latestView) {
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
    world.count("view: " + ViewKind.of(views.get(view.number() - 1), view, view.base() < floor()));
    boolean lossAsked = world.operators().takeLossAsked(view);
    if (view.base() < committed.size()) {
      if (!lossAsked) {
        throw new SimFailure(
            "view %d begins at write %d, %d were committed"
                .formatted(view.number(), view.base(), committed.size()));
      }
      if (view.base() < durable) {
        throw new SimFailure(
            "view %d begins at write %d, %d were promised to be on the backing"
                .formatted(view.number(), view.base(), durable));
      }
      int base = (int) view.base();
      committed.subList(base, committed.size()).clear();
      committedNanos.subList(base, committedNanos.size()).clear();
      images.subList(base + 1, images.size()).clear();
      acknowledged = Math.min(acknowledged, base);
    }
    leaveOut(view);
    while (committed.size() < view.base()) {
      append(unacknowledged(committed.size() + 1L, view));
    }
  }

  /** What was numbered beyond the base is void, but for what the primary goes on with. */
  private void leaveOut(View view) {
    int primary = view.primary();
    Set<SimRequest> kept = primary == View.NO_NODE ? Set.of() : world.node(primary).pending();
    for (int i = 0; i < 2; i++) {
      world
          .node(i)
          .assigned()
          .forEach(
              (number, write) -> {
                if (number > view.base() && !kept.contains(write)) {
                  leftOut.putIfAbsent(write, view.number());
                }
              });
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
        || (replica.isPrimary() && !replica.isPopulated())) {
      return;
    }
    Image image = imageAsOf(replica.number(), node);
    int at = image == null ? 0 : image.mismatch(node.ram(), 0, node.ram().length);
    if (at >= 0) {
      List<SimRequest> last =
          committed.subList(Math.max(0, committed.size() - 5), committed.size());
      throw new SimFailure(
          "node %d's copy differs from the history at write %d, byte %d; last writes %s"
              .formatted(node.index(), replica.number(), at, last));
    }
  }
}
