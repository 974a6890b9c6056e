package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The faults are over, but for what the {@link SimOptions.Ending} says: what is left has to come
 * back and serve requests of every kind (liveness), with equal copies where there are two.
 */
final class SimEnding {
  private static final long LIMIT_NANOS = 60_000_000_000L;
  private static final long WITHOUT_BACKING_NANOS = 1_000_000_000L;

  /** Far more than the link needs, and less than any timeout. */
  private static final long PAIR_ANSWERS_NANOS = 100_000_000;

  /** The slowest I/O that began before the faults ended is over by then. */
  private static final long SETTLED_NANOS = 2_000_000_000L;

  /** For so long operators look after shelves that are not what they were. */
  private static final int TENDING_SECONDS = 8;

  private final SimWorld world;
  private long faultlessSinceNanos;

  SimEnding(SimWorld world) {
    this.world = world;
    this.faultlessSinceNanos = world.now();
  }

  void play() {
    SimNode one = world.node(world.random().nextInt(2));
    switch (world.options().ending()) {
      case PAIR -> pairComesBack();
      case SURVIVOR_OF_FAULTS -> {
        kill(one);
        heal(world.node(1 - one.index()));
        survives(world.node(1 - one.index()));
      }
      case SURVIVOR_OF_PAIR -> {
        pairComesBack();
        kill(one);
        survives(world.node(1 - one.index()));
      }
      case BOTH_PROMOTED -> {
        pairComesBack();
        promoteBoth();
        pairComesBack();
      }
      case WITHOUT_BACKING -> {
        pairComesBack();
        serveWithoutBacking();
        pairComesBack();
      }
    }
    await(world.operators()::areAllAnswered, "operators are not answered: " + world.operators());
    world.history().checkCopy(world.node(0));
    world.history().checkCopy(world.node(1));
    world.backing().check();
    world.count("ending: " + world.options().ending());
  }

  /** For good, and its RAM with it. */
  private void kill(SimNode node) {
    if (node.isAlive()) {
      world.crash(node);
    }
    node.loseRam();
  }

  private void heal(SimNode node) {
    world.network().heal();
    world.shelves().repair();
    for (int second = 1; second <= TENDING_SECONDS; second++) {
      world.after(second * 1_000_000_000L, world.operators()::tendShelves);
    }
    world.shelves().forEach(SimShelf::heal);
    if (!node.isAlive()) {
      node.start();
    }
    if (node.isPaused()) {
      node.resume();
    }
    node.startClock();
  }

  void pairComesBack() {
    heal(world.node(0));
    heal(world.node(1));
    await(world::isPair, "the pair does not come back");
    world.clients().forgetAnswers();
    await(world.clients()::isServed, "the pair does not answer every kind of request");
    world.history().checkCopy(world.node(0));
    world.history().checkCopy(world.node(1));
    world.backing().check();
    checkAge();
  }

  private void survives(SimNode node) {
    await(
        () -> node.replica().isPrimary() && !node.replica().isPair(),
        "the survivor does not serve");
    world.clients().forgetAnswers();
    await(world.clients()::isServed, "the survivor does not answer every kind of request");
  }

  /** With nothing slow, the backing is at most the destage delay and a batch old. */
  private void checkAge() {
    long settled = faultlessSinceNanos + SETTLED_NANOS;
    await(() -> world.now() >= settled, "time stands still");
    if (world.history().view(world.history().latestView()).primary() != View.NO_NODE) {
      long delay = world.config(0).timing().destageDelay().toNanos();
      // A shelf that failed is recorded stale before the log goes on without it.
      long record = world.shelves().count() > 1 ? 400_000_000 : 0;
      world.backing().checkAge(delay + 300_000_000 + record);
    }
  }

  private void promoteBoth() {
    SimNode primary = world.node(world.node(0).replica().isPrimary() ? 0 : 1);
    SimOperators.Ask stop = world.operators().ask(primary, "demote", primary.replica()::demote);
    await(stop::isOver, "the primary does not stop");
    if (!stop.isDone() || world.operators().isServed()) {
      return;
    }
    List<SimOperators.Ask> both = world.operators().promoteBoth();
    await(() -> both.stream().allMatch(SimOperators.Ask::isOver), "a promotion has no outcome");
    long won = both.stream().filter(SimOperators.Ask::isDone).count();
    if (won == 0) {
      // A third operator was quicker, or a node does it by itself.
      await(
          world.operators()::isServed, "two operators promote both nodes, and neither is: " + both);
    }
    if (won > 1) {
      throw new SimFailure("two operators promote both nodes, and " + won + " succeed: " + both);
    }
  }

  /** A pair needs its backing for nothing that a client waits for, unless that is its log. */
  private void serveWithoutBacking() {
    long view = world.history().latestView();
    boolean errors = world.random().nextBoolean();
    long end = world.now() + WITHOUT_BACKING_NANOS;
    for (int i = 0; i < 2; i++) {
      int node = i;
      world.shelves().forEach(shelf -> shelf.unreachable[node] = errors);
      world.shelves().forEach(shelf -> shelf.stalledUntil[node] = errors ? 0 : end);
    }
    world.clients().forgetAnswers();
    await(() -> world.now() >= end, "time stands still");
    world.shelves().forEach(SimShelf::heal);
    faultlessSinceNanos = world.now();
    if (world.history().latestView() != view) {
      throw new SimFailure("the view changed when the backing was lost to a connected pair");
    }
    if (world.config(0).flushToLog()) {
      // The clients may all be waiting for the log.
      return;
    }
    if (world.clients().answered("WRITE") < 10 || world.clients().answered("READ") < 3) {
      throw new SimFailure("the pair waits for its backing; answered " + world.clients());
    }
    if (world.options().linkBytesPerSecond() == 0
        && world.clients().longestWaitNanos() > PAIR_ANSWERS_NANOS) {
      throw new SimFailure(
          "a client of the pair waited for %.3f s while the backing was lost"
              .formatted(world.clients().longestWaitNanos() / 1e9));
    }
  }

  private void await(BooleanSupplier condition, String failure) {
    long end = world.now() + LIMIT_NANOS;
    while (!condition.getAsBoolean()) {
      if (world.now() > end || !world.step()) {
        throw new SimFailure(failure + "; answered " + world.clients() + world.state());
      }
    }
  }
}
