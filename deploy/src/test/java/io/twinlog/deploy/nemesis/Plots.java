package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.fuse.Place;
import io.twinlog.deploy.nemesis.fuse.StoragePath;
import io.twinlog.deploy.nemesis.history.Content;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Faults of several steps, each of which waits for what the one before it brings about. Single
 * faults at random times hardly ever meet in such an order.
 */
final class Plots {

  private static final long LIMIT_MILLIS = 15_000;
  private static final long LOOK_MILLIS = 20;
  private static final int MIB = 1 << 20;
  private static final int ANSWER_MILLIS = 15_000;

  /** Enough for a checkpoint to be due. */
  private static final int LOGGED_TIMES = 3;

  private final Site site;
  private final Injector injector;
  private final History history;
  private final RandomGenerator random;
  private final Consumer<String> story;
  private final boolean automatic;

  Plots(
      Site site,
      Injector injector,
      History history,
      RandomGenerator random,
      Consumer<String> story,
      boolean automatic) {
    this.site = site;
    this.injector = injector;
    this.history = history;
    this.random = random;
    this.story = story;
    this.automatic = automatic;
  }

  void play(Fault plot, NodeProcess primary) throws IOException, InterruptedException {
    NodeProcess secondary = site.peerOf(primary);
    switch (plot) {
      case CUT_AND_KILL_PRIMARY -> {
        site.network.cutBoth(primary.name(), secondary.name());
        // Less than it takes to give the other one up.
        park(200, 800);
        primary.sendKill();
        takeOver(secondary);
      }
      case WAKE_OLD_PRIMARY -> wake(primary, secondary);
      case WAKE_LONE_PRIMARY -> {
        cutAndAwaitAlone(primary);
        wake(primary, secondary);
      }
      case WAKE_AND_RETURN -> {
        wake(primary, secondary);
        await(primary, "up-to-date", status -> status.getCopy().equals("up-to-date"));
        await(secondary, "a pair", Recovery::isWholePrimary);
        story.accept(secondary.name() + ": " + Site.operate(secondary, Action.SWITCHOVER));
        await(primary, "primary", Plots::isPrimary);
      }
      case LATE_CHECKPOINT -> lateCheckpoint(primary, secondary);
      case LATE_BATCH -> lateBatch(primary, secondary);
      case LATE_LONE_BATCH -> {
        cutAndAwaitAlone(primary);
        // The taker logs anew what changed after the checkpoint: little, then.
        awaitCheckpoint(primary);
        // What comes while a batch is written is in the next one.
        site.path(primary).stallWrites(Place.RING);
        park(200, 500);
        lateBatch(primary, secondary);
      }
      case LOSE_BOTH -> {}
      case LOSE_BOTH_WHEN_ALONE -> {
        cutAndAwaitAlone(primary);
        park(0, 1_000);
      }
      case LOSE_BOTH_AT_CHECKPOINT -> loseBothAtCheckpoint(primary);
      default -> throw new IllegalArgumentException(plot + " is no plot");
    }
  }

  /** The other one has taken over, and answered clients, when it goes on. */
  private void wake(NodeProcess primary, NodeProcess secondary)
      throws IOException, InterruptedException {
    injector.pause(primary);
    if (takeOver(secondary)) {
      park(500, 2_500);
    }
    injector.resume(primary);
    park(0, 1_000);
  }

  private void lateCheckpoint(NodeProcess primary, NodeProcess secondary)
      throws IOException, InterruptedException {
    StoragePath path = site.path(primary);
    path.stallWrites(Place.DATA);
    logMuch(primary);
    if (!path.awaitWaiting(LIMIT_MILLIS)) {
      story.accept("there was no checkpoint");
    }
    injector.pause(primary);
    if (takeOver(secondary)) {
      awaitCheckpoint(secondary);
      path.heal();
      park(20, 100);
      injector.killInTurn(secondary, primary);
    }
  }

  private void lateBatch(NodeProcess primary, NodeProcess secondary)
      throws IOException, InterruptedException {
    StoragePath path = site.path(primary);
    path.stallWrites(Place.RING);
    path.awaitWaiting(LIMIT_MILLIS);
    injector.pause(primary);
    if (takeOver(secondary)) {
      // What the batch would change has been read by then.
      readAll(secondary);
      park(0, 1_000);
      path.heal();
      park(20, 500);
      if (random.nextBoolean()) {
        injector.resume(primary);
        park(0, 1_000);
      }
      injector.killInTurn(secondary, primary);
    }
  }

  private void loseBothAtCheckpoint(NodeProcess primary) throws IOException, InterruptedException {
    StoragePath path = site.path(primary);
    CountDownLatch published = new CountDownLatch(1);
    path.stallWrites(Place.DATA);
    logMuch(primary);
    path.awaitWaiting(LIMIT_MILLIS);
    park(200, 450);
    path.afterNextWrite(
        Place.CHECKPOINT,
        () -> {
          site.nodes().forEach(NodeProcess::sendKill);
          published.countDown();
        });
    path.stallWrites(null);
    if (!published.await(LIMIT_MILLIS, TimeUnit.MILLISECONDS)) {
      story.accept("there was no checkpoint");
    }
  }

  /**
   * Has so much written to the log, beside the cells, that a checkpoint begins, and no more when
   * that is held up: it is what makes room.
   */
  private void logMuch(NodeProcess node) {
    try (NbdClient client = NbdClient.open(node, ANSWER_MILLIS, ANSWER_MILLIS)) {
      int first = Cells.END_BLOCK * Content.BLOCK_BYTES / MIB + 1;
      byte[] data = new byte[MIB];
      for (int i = 0; i < LOGGED_TIMES && site.path(node).waiting() == 0; i++) {
        for (int mib = first; mib < Site.SIZE_MIB; mib++) {
          random.nextBytes(data);
          client.write((long) mib * MIB, data);
        }
        Site.operate(node, Action.FLUSH);
      }
    } catch (IOException e) {
      story.accept("not much is logged: " + e.getMessage());
    }
  }

  private void readAll(NodeProcess node) {
    try {
      LastLook.readAll(node, history);
    } catch (IOException e) {
      story.accept("not everything is read: " + e.getMessage());
    }
  }

  private void awaitCheckpoint(NodeProcess node) {
    long before = Site.status(node).map(s -> s.getBacking().getCheckpointNumber()).orElse(0L);
    logMuch(node);
    await(node, "past a checkpoint", s -> s.getBacking().getCheckpointNumber() > before);
  }

  private void cutAndAwaitAlone(NodeProcess primary) throws IOException, InterruptedException {
    site.network.cutBoth(primary.name(), site.peerOf(primary).name());
    await(primary, "alone", status -> status.getView().getMembersCount() == 1);
  }

  /** Waits until a node has taken the role over, or asks it to; whether it has. */
  private boolean takeOver(NodeProcess node) {
    return await(
        node,
        "primary",
        status -> {
          if (!automatic && !isPrimary(status)) {
            Site.operate(node, Action.PROMOTE);
          }
          return isPrimary(status);
        });
  }

  private static boolean isPrimary(ResourceStatus status) {
    return status.getRole().equals("primary");
  }

  private boolean await(NodeProcess node, String what, Predicate<ResourceStatus> wanted) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
    while (System.nanoTime() - deadline < 0) {
      Optional<ResourceStatus> status = Site.status(node);
      if (status.isPresent() && wanted.test(status.get())) {
        return true;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
    }
    story.accept(node.name() + " is not " + what + " in time");
    return false;
  }

  private void park(int least, int most) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(least, most)));
  }
}
