package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.fuse.Place;
import io.twinlog.deploy.nemesis.fuse.StoragePaths;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Faults of several steps, each of which waits for what the one before it brings about. Single
 * faults at random times hardly ever meet in such an order.
 */
final class Plots {

  private final Site site;
  private final Injector injector;
  private final RandomGenerator random;
  private final Steps steps;

  Plots(Site site, Injector injector, RandomGenerator random, Steps steps) {
    this.site = site;
    this.injector = injector;
    this.random = random;
    this.steps = steps;
  }

  void play(Fault plot, NodeProcess primary) throws IOException, InterruptedException {
    NodeProcess secondary = site.peerOf(primary);
    switch (plot) {
      case CUT_AND_KILL_PRIMARY -> {
        site.network.cutBoth(primary.name(), secondary.name());
        // Less than it takes to give the other one up.
        steps.park(200, 800);
        primary.sendKill();
        steps.takeOver(secondary);
      }
      case WAKE_OLD_PRIMARY -> wake(primary, secondary);
      case WAKE_LONE_PRIMARY -> {
        steps.cutAndAwaitAlone(primary);
        wake(primary, secondary);
      }
      case WAKE_AND_RETURN -> {
        wake(primary, secondary);
        steps.await(primary, "up-to-date", status -> status.getCopy().equals("up-to-date"));
        steps.await(secondary, "a pair", Recovery::isWholePrimary);
        steps.tell(secondary.name() + ": " + Site.operate(secondary, Action.SWITCHOVER));
        steps.await(primary, "primary", Steps::isPrimary);
      }
      case LATE_CHECKPOINT -> lateCheckpoint(primary, secondary);
      case LATE_BATCH -> lateBatch(primary, secondary);
      case LATE_LONE_BATCH -> {
        steps.cutAndAwaitAlone(primary);
        // The taker logs anew what changed after the checkpoint: little, then.
        steps.awaitCheckpoint(primary);
        // What comes while a batch is written is in the next one.
        site.path(primary).stallWrites(Place.RING);
        steps.park(200, 500);
        lateBatch(primary, secondary);
      }
      case LOSE_BOTH -> {}
      case LOSE_BOTH_WHEN_ALONE -> {
        steps.cutAndAwaitAlone(primary);
        steps.park(0, 1_000);
      }
      case LOSE_BOTH_AT_CHECKPOINT -> loseBothAtCheckpoint(primary);
      default -> throw new IllegalArgumentException(plot + " is no plot");
    }
  }

  /** The other one has taken over, and answered clients, when it goes on. */
  private void wake(NodeProcess primary, NodeProcess secondary)
      throws IOException, InterruptedException {
    injector.pause(primary);
    if (steps.takeOver(secondary)) {
      steps.park(500, 2_500);
    }
    injector.resume(primary);
    steps.park(0, 1_000);
  }

  private void lateCheckpoint(NodeProcess primary, NodeProcess secondary)
      throws IOException, InterruptedException {
    StoragePaths path = site.path(primary);
    path.stallWrites(Place.DATA);
    steps.logMuch(primary);
    if (!path.awaitWaiting(Steps.LIMIT_MILLIS)) {
      steps.tell("there was no checkpoint");
    }
    injector.pause(primary);
    if (steps.takeOver(secondary)) {
      steps.awaitCheckpoint(secondary);
      path.heal();
      steps.park(20, 100);
      injector.killInTurn(secondary, primary);
    }
  }

  private void lateBatch(NodeProcess primary, NodeProcess secondary)
      throws IOException, InterruptedException {
    StoragePaths path = site.path(primary);
    path.stallWrites(Place.RING);
    path.awaitWaiting(Steps.LIMIT_MILLIS);
    injector.pause(primary);
    if (steps.takeOver(secondary)) {
      // What the batch would change has been read by then.
      steps.readAll(secondary);
      steps.park(0, 1_000);
      path.heal();
      steps.park(20, 500);
      if (random.nextBoolean()) {
        injector.resume(primary);
        steps.park(0, 1_000);
      }
      injector.killInTurn(secondary, primary);
    }
  }

  private void loseBothAtCheckpoint(NodeProcess primary) throws IOException, InterruptedException {
    StoragePaths path = site.path(primary);
    CountDownLatch published = new CountDownLatch(1);
    path.stallWrites(Place.DATA);
    steps.logMuch(primary);
    path.awaitWaiting(Steps.LIMIT_MILLIS);
    steps.park(200, 450);
    path.afterNextWrite(
        Place.CHECKPOINT,
        () -> {
          site.nodes().forEach(NodeProcess::sendKill);
          published.countDown();
        });
    path.stallWrites(null);
    if (!published.await(Steps.LIMIT_MILLIS, TimeUnit.MILLISECONDS)) {
      steps.tell("there was no checkpoint");
    }
  }
}
