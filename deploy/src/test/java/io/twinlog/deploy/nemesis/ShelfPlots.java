package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.fuse.Place;
import io.twinlog.deploy.nemesis.fuse.StoragePath;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Plots in which single shelves are lost and come back. Only one at a time loses what it holds, or
 * lacks something; two are away at once only as far as clients may wait.
 */
final class ShelfPlots {

  private final Site site;
  private final Injector injector;
  private final RandomGenerator random;
  private final Steps steps;
  private final Runnable progress;

  /**
   * Plots for a site with several shelves.
   *
   * @param progress waits until clients are answered, and fails when they are not
   */
  ShelfPlots(Site site, Injector injector, RandomGenerator random, Steps steps, Runnable progress) {
    this.site = site;
    this.injector = injector;
    this.random = random;
    this.steps = steps;
    this.progress = progress;
  }

  void play(Fault plot, NodeProcess primary) throws IOException, InterruptedException {
    NodeProcess secondary = site.peerOf(primary);
    int shelf = random.nextInt(site.shelves());
    int other = (shelf + random.nextInt(1, site.shelves())) % site.shelves();
    steps.tell("shelf %d, then shelf %d".formatted(shelf + 1, other + 1));
    switch (plot) {
      case LOAD_BESIDE_STALE_SHELF -> loadBeside(primary, shelf);
      case LOAD_BESIDE_SHELF_LOST_ALONE -> {
        secondary.sendKill();
        steps.await(primary, "alone", status -> status.getView().getMembersCount() == 1);
        loadBeside(primary, shelf);
      }
      case LOAD_FROM_RETURNED_SHELF -> {
        leaveBehind(primary, shelf);
        site.san().giveBack(shelf);
        if (steps.await(primary, "on all shelves", is(shelf, "live"))) {
          loadWithout(other, primary);
        }
      }
      case LOSE_SHELF_IN_TAKEOVER -> loseInTakeover(primary, secondary, shelf);
      case LATE_WRITE_TO_RETURNED_SHELF -> lateWrite(primary, secondary, shelf, other);
      case LOSE_MAJORITY_WHEN_ALONE -> loseMajority(primary, shelf, other);
      case REPLACE_SHELF -> {
        steps.tell(Site.operate(primary, Action.FAIL_SHELF, shelf));
        if (steps.await(primary, "without the shelf", is(shelf, "stale"))) {
          injector.empty(shelf);
          takeIn(primary, shelf, other);
        }
      }
      case EMPTY_SHELF -> empty(primary, secondary, shelf, other);
      case LOSE_BOTH_BESIDE_STALE_SHELF -> leaveBehind(primary, shelf);
      default -> throw new IllegalArgumentException(plot + " is no plot");
    }
  }

  private static Predicate<ResourceStatus> is(int shelf, String state) {
    return status ->
        status.getBacking().getShelvesCount() > shelf
            && status.getBacking().getShelves(shelf).getState().equals(state);
  }

  private void makeStale(NodeProcess primary, int shelf) throws IOException, InterruptedException {
    site.san().lose(shelf);
    steps.await(primary, "without the shelf", is(shelf, "stale"));
  }

  /** The shelf is stale, and its data area lacks what has been written since. */
  private void leaveBehind(NodeProcess primary, int shelf)
      throws IOException, InterruptedException {
    makeStale(primary, shelf);
    steps.leaveMark(primary);
    steps.awaitCheckpoint(primary);
  }

  private void loadBeside(NodeProcess primary, int shelf) throws IOException, InterruptedException {
    leaveBehind(primary, shelf);
    if (injector.killInTurn(primary, site.peerOf(primary))) {
      if (random.nextInt(3) > 0) {
        steps.tell("shelf %d is back".formatted(shelf + 1));
        site.san().giveBack(shelf);
      }
      load();
    }
  }

  /** Both nodes have ended: one of them starts, with what shelves there are, and is read. */
  private void load() throws IOException, InterruptedException {
    NodeProcess node = random.nextBoolean() ? site.alpha : site.beta;
    node.awaitEnd();
    node.start();
    if (steps.promote(node)) {
      steps.readAll(node);
    }
  }

  /** Everything has to be on the others, which both have been stale or may have been. */
  private void loadWithout(int shelf, NodeProcess primary)
      throws IOException, InterruptedException {
    makeStale(primary, shelf);
    if (injector.killInTurn(primary, site.peerOf(primary))) {
      load();
    }
  }

  private void loseInTakeover(NodeProcess primary, NodeProcess secondary, int shelf)
      throws IOException, InterruptedException {
    if (random.nextBoolean()) {
      injector.pause(primary);
    } else {
      primary.sendKill();
    }
    steps.park(0, 2_000);
    StoragePath path = site.path(secondary).to(shelf);
    boolean stalls = random.nextBoolean();
    if (stalls) {
      path.stall();
    } else {
      path.fail(StoragePath.EIO, StoragePath.Kind.values());
    }
    steps.park(500, 3_000);
    if (stalls) {
      path.heal();
    }
    if (steps.takeOver(secondary)) {
      steps.park(0, 1_500);
    }
    injector.resume(primary);
    steps.park(0, 1_000);
  }

  private void lateWrite(NodeProcess primary, NodeProcess secondary, int shelf, int other)
      throws IOException, InterruptedException {
    StoragePath late = site.path(primary).to(shelf);
    steps.leaveMark(primary);
    late.stallWrites(Place.DATA);
    steps.logMuch(primary);
    if (!site.path(primary).awaitWaiting(Steps.LIMIT_MILLIS)) {
      steps.tell("there was no checkpoint");
    }
    injector.pause(primary);
    if (!steps.takeOver(secondary)) {
      return;
    }
    StoragePath path = site.path(secondary).to(shelf);
    path.fail(StoragePath.EIO, StoragePath.Kind.values());
    steps.await(secondary, "without the shelf", is(shelf, "stale"));
    steps.leaveMark(secondary);
    steps.awaitCheckpoint(secondary);
    path.heal();
    steps.park(0, 2_500);
    late.heal();
    steps.park(20, 500);
    if (random.nextBoolean()) {
      injector.resume(primary);
    } else {
      primary.kill();
      injector.paused().remove(primary);
      primary.start();
    }
    if (steps.await(secondary, "on all shelves", is(shelf, "live"))) {
      loadWithout(other, secondary);
    }
  }

  private void loseMajority(NodeProcess primary, int shelf, int other)
      throws IOException, InterruptedException {
    steps.cutAndAwaitAlone(primary);
    site.san().lose(shelf);
    site.san().lose(other);
    steps.await(primary, "waiting", status -> !status.getSuspended().isEmpty());
    steps.park(0, 3_000);
    site.san().giveBack(random.nextBoolean() ? shelf : other);
    progress.run();
  }

  private void empty(NodeProcess primary, NodeProcess secondary, int shelf, int other)
      throws IOException, InterruptedException {
    boolean loads = random.nextBoolean();
    if (loads) {
      steps.awaitCheckpoint(primary);
    }
    injector.empty(shelf);
    if (!loads) {
      takeIn(primary, shelf, other);
    } else if (injector.killInTurn(primary, secondary)) {
      load();
    }
  }

  /** The empty medium; and then everything may depend on it. */
  private void takeIn(NodeProcess primary, int shelf, int other)
      throws IOException, InterruptedException {
    if (steps.await(primary, "without the shelf", is(shelf, "stale"))) {
      steps.park(0, 500);
      steps.await(
          primary,
          "taking the new medium",
          status -> injector.replace(primary, shelf).startsWith("done"));
      if (random.nextBoolean() && steps.await(primary, "on all shelves", is(shelf, "live"))) {
        loadWithout(other, primary);
      }
    }
  }
}
