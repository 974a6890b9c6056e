package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.LoggedBatch;
import io.twinlog.blockdev.log.NewestContents;
import io.twinlog.blockdev.log.Recovery;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.RingContents;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.log.View;
import java.util.ArrayList;
import java.util.List;

/**
 * Recovers the device from the simulated backing at any moment, as it is or as a power loss might
 * leave it, and compares it byte by byte with the history: a prefix of what was committed, with
 * everything that was promised to be on the backing, and everything at all when it says that it is
 * complete (design, sections 1 and 4).
 */
final class BackingChecks {
  private final SimWorld world;
  private final ReplicaConfig config;
  private final Stagger stagger;
  private final Layout layout;

  BackingChecks(SimWorld world, ReplicaConfig config) {
    this.world = world;
    this.config = config;
    this.stagger = config.stagger();
    this.layout = config.layout();
  }

  /** Compares the backing as it is, and as it may be after a power loss. */
  void check() {
    check(world.shelves().images(false));
    check(world.shelves().images(true));
  }

  /** A request was answered that promises so much to be durable; not all are looked at. */
  void sometimesCheckDurable(SimRequest request) {
    if (world.random().nextInt(8) == 0 && !world.verify().isSpoilt()) {
      world.traceIo(request.node(), () -> "CHECK for " + request);
      check(world.shelves().images(true));
      world.count("durability checked");
    }
  }

  /** Whether nobody would miss the shelf, whatever becomes of what is not durable. */
  boolean isStale(int shelf) {
    View view = world.history().view(world.history().latestView());
    if (view == null) {
      return false;
    }
    for (int i = 0; i < 4; i++) {
      SimImages images =
          new SimImages(world.shelves(), stagger, world.shelves().images(i > 0), stagger.all());
      if (!images.look(view) || !images.isStale(shelf)) {
        return false;
      }
    }
    return true;
  }

  /** Without faults for that long, the backing is no older than this. */
  void checkAge(long nanos) {
    Recovered recovered =
        recover(
            new SimImages(world.shelves(), stagger, world.shelves().images(false), stagger.all()));
    long owed = world.history().committedBy(world.now() - nanos);
    if (recovered != null && recovered.end() < owed) {
      throw new SimFailure(
          "the backing ends at write %d, %d were committed %.1f s ago"
              .formatted(recovered.end(), owed, nanos / 1e9));
    }
    world.count("backing's age checked");
  }

  /** The backing alone holds every write up to the number. */
  void checkHolds(long number) {
    Recovered recovered =
        recover(
            new SimImages(world.shelves(), stagger, world.shelves().images(true), stagger.all()));
    if (recovered != null && recovered.end() < number) {
      throw new SimFailure(
          "a copy is given up, the backing ends at write %d, %d were acknowledged"
              .formatted(recovered.end(), number));
    }
  }

  /** With all shelves, and without any one of them: one may be lost at any moment. */
  private void check(byte[][] images) {
    check(new SimImages(world.shelves(), stagger, images, stagger.all()));
    for (int lost = 0; lost < stagger.shelves() && !stagger.isSingle(); lost++) {
      check(new SimImages(world.shelves(), stagger, images, stagger.all() & ~(1 << lost)));
    }
  }

  private void check(SimImages images) {
    Recovered recovered = recover(images);
    if (recovered != null) {
      compare(images, recovered);
    }
  }

  /** What the backing holds; null when nothing was chosen yet, or a view is that nobody knows. */
  private Recovered recover(SimImages images) {
    View view = world.history().view(world.history().latestView());
    if (view == null || !images.look(view)) {
      return null;
    }
    List<CheckpointRecord> checkpoints = new ArrayList<>();
    List<RingContents> rings = new ArrayList<>();
    for (int node = 0; node < 2; node++) {
      checkpoints.add(images.checkpoint(node));
      rings.add(images.ring(config.uuid(), checkpoints.get(node)));
    }
    if (!(Recovery.of(layout, view, checkpoints, rings) instanceof Recovered recovered)) {
      return null;
    }
    world.traceIo(
        world.node(0),
        () -> "RINGS end " + recovered.end() + " c " + recovered.checkpoint() + describe(rings));
    return recovered;
  }

  private void compare(SimImages images, Recovered recovered) {
    History history = world.history();
    if (recovered.damaged() && losesOnlyWhatWasReadable(recovered)) {
      world.count("backing checked, refused though nothing is lost");
      return;
    }
    if (recovered.damaged()) {
      throw new SimFailure("the backing was complete and is not any more: " + recovered.end());
    }
    if (recovered.complete() && recovered.end() < history.floor()) {
      throw new SimFailure(
          "the backing is complete in view %d and ends at write %d, %d were committed"
              .formatted(recovered.view().number(), recovered.end(), history.floor()));
    }
    if (recovered.end() < history.durable()) {
      throw new SimFailure(
          "the backing ends at write %d, %d were promised to be on it"
              .formatted(recovered.end(), history.durable()));
    }
    Image image = history.imageAsOf(recovered.end(), world.node(writer(recovered)));
    if (image == null) {
      throw new SimFailure("the backing ends at write %d, unknown".formatted(recovered.end()));
    }
    NewestContents newest = recovered.newest();
    for (int block = 0; block < newest.size(); block++) {
      compare(block, images, recovered, image);
    }
    boolean pending = recovered.end() > history.floor();
    world.count(
        "backing checked"
            + (recovered.complete() ? ", complete" : "")
            + (pending ? ", with pending writes" : ""));
  }

  /**
   * A taker has loaded what it could read, a last batch that was not durable with it, which is lost
   * before the taker's first batch holds it. Nobody has been told of that content yet.
   */
  private boolean losesOnlyWhatWasReadable(Recovered recovered) {
    View view = recovered.view();
    return view.completeAtBirth()
        && !view.clean()
        && recovered.rotten().isEmpty()
        && recovered.afterGap().isEmpty()
        && recovered.replay().stream().noneMatch(batch -> batch.view() == view.number())
        && recovered.end() >= Math.max(world.history().acknowledged(), world.history().durable());
  }

  /**
   * Whose batch is the last one: what it holds and is not committed yet, that node has numbered.
   */
  private static int writer(Recovered recovered) {
    int node = 0;
    for (LoggedBatch batch : recovered.replay()) {
      if (batch.cut() == recovered.end()) {
        node = batch.node();
      }
    }
    return node;
  }

  private void compare(int block, SimImages images, Recovered recovered, Image image) {
    NewestContents newest = recovered.newest();
    String where = "the data area";
    long place = (long) block * BlockTable.BLOCK_BYTES;
    boolean right;
    if (newest.isInDataArea(block)) {
      right = image.holds(block, images.read(place, BlockTable.BLOCK_BYTES), 0);
    } else if (newest.isZero(block)) {
      where = "a ring, as zeros";
      right = image.isZero(block);
    } else {
      where = "ring " + newest.ringNode(block);
      place = layout.ringPlace(newest.ringNode(block), newest.ringPosition(block));
      right = image.holds(block, images.read(place, BlockTable.BLOCK_BYTES), 0);
    }
    if (!right) {
      throw new SimFailure(
          "block %d in %s is not what write %d left, checkpoint %d"
              .formatted(block, where, recovered.end(), recovered.checkpoint()));
    }
  }

  private static String describe(List<RingContents> rings) {
    StringBuilder text = new StringBuilder();
    for (RingContents ring : rings) {
      text.append("\n  ring ").append(ring.node()).append(", ").append(ring.stop()).append(':');
      ring.batches()
          .forEach(
              batch ->
                  text.append(
                      " v%d(%d,%d]@%d-%d"
                          .formatted(
                              batch.view(),
                              batch.from(),
                              batch.cut(),
                              batch.startPosition(),
                              batch.endPosition())));
    }
    return text.toString();
  }
}
