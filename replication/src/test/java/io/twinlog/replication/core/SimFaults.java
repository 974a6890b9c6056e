package io.twinlog.replication.core;

import java.util.List;
import java.util.SplittableRandom;

/** What goes wrong, each at a random moment. */
final class SimFaults {
  private final SimWorld world;
  private final SplittableRandom random;

  SimFaults(SimWorld world) {
    this.world = world;
    this.random = world.random();
  }

  void begin() {
    switch (world.options().profile()) {
      case MIXED, ISOLATION -> world.after(random.nextLong(400_000_000), this::turn);
      case SHORT_LIVES -> world.after(random.nextLong(100_000_000), this::shortLives);
      case CALM, SCRIPTED -> {}
    }
    if (world.options().fence() != SimOptions.Fence.NONE
        && world.options().profile() != SimOptions.Profile.SCRIPTED) {
      world.after(random.nextLong(500_000_000), this::restartTarget);
    }
  }

  private void restartTarget() {
    if (!world.isCalm()) {
      world.shelves().get(random.nextInt(world.shelves().count())).restartTarget();
      world.after(random.nextLong(500_000_000), this::restartTarget);
    }
  }

  private void turn() {
    if (world.isCalm()) {
      return;
    }
    world.after(20_000_000 + random.nextLong(500_000_000), this::turn);
    SimNode node = world.node(random.nextInt(2));
    if (world.options().profile() == SimOptions.Profile.ISOLATION && random.nextInt(3) != 0) {
      world.network().heal();
      isolateInCheckpoint(0);
      return;
    }
    if (world.shelves().count() > 1 && random.nextInt(12) == 0) {
      hangShelf(node);
      return;
    }
    switch (random.nextInt(24)) {
      case 0, 1 -> crash(node);
      case 2 -> crashBoth();
      case 3, 4 -> startIfDead(node);
      case 5, 6 -> pause(node, false);
      case 7 -> pause(node, true);
      case 8, 9 -> cut(node);
      case 10 -> {
        cut(world.node(0));
        cut(world.node(1));
      }
      case 11, 12, 13 -> world.network().heal();
      case 14, 15 -> {
        world.network().reset();
        world.count("fault: link reset");
      }
      case 16 -> stallBacking();
      case 17, 18 -> isolate(node);
      case 19 -> loseBacking(node, random.nextInt(3) == 0);
      case 20 -> jumpClock(node);
      case 21 -> stopClock(node);
      case 22 -> failBacking(node);
      default -> {
        if (world.shelves().count() > 2 || (world.shelves().count() == 2 && bothSurvive())) {
          exchangeShelf();
        } else {
          failBacking(node);
        }
      }
    }
  }

  /** Views follow one another, while no checkpoint comes to its end. */
  private void shortLives() {
    if (world.isCalm()) {
      return;
    }
    world.after(50_000_000 + random.nextLong(250_000_000), this::shortLives);
    SimNode node = world.node(random.nextInt(2));
    for (int i = 0; i < 2; i++) {
      int stalled = i;
      long until = world.now() + random.nextLong(400_000_000);
      world.shelves().forEach(shelf -> shelf.dataStalledUntil[stalled] = until);
    }
    switch (random.nextInt(8)) {
      case 0 -> crash(node);
      case 1 -> pause(node, false);
      case 2 -> cut(node);
      case 3, 4 -> world.network().heal();
      default -> {
        world.network().reset();
        world.count("fault: link reset");
      }
    }
    world.count("fault: checkpoints stalled");
  }

  private void cut(SimNode node) {
    world.network().cut[node.index()] = true;
    boolean both = world.network().cut[0] && world.network().cut[1];
    world.count(both ? "fault: link cut both ways" : "fault: link cut one way");
  }

  private void stallBacking() {
    long until = world.now() + random.nextLong(600_000_000);
    for (SimShelf shelf : some()) {
      shelf.stalledUntil[0] = until;
      shelf.stalledUntil[1] = until;
    }
    world.count("fault: backing stalls");
  }

  /** For longer than its deadline, mostly: what the node had under way lands late, or never. */
  private void hangShelf(SimNode node) {
    SimShelf shelf = world.shelves().get(random.nextInt(world.shelves().count()));
    shelf.hang(node.index());
    world.count("fault: shelf hangs");
    world.after(random.nextLong(2_500_000_000L), () -> shelf.answer(node.index()));
  }

  private void failBacking(SimNode node) {
    List<SimShelf> some = some();
    some.forEach(shelf -> shelf.failing[node.index()] = true);
    world.count("fault: backing errors");
    world.after(
        random.nextLong(400_000_000),
        () -> some.forEach(shelf -> shelf.failing[node.index()] = false));
  }

  private void loseBacking(SimNode node, boolean forBoth) {
    List<SimShelf> some = some();
    for (SimShelf shelf : some) {
      shelf.unreachable[node.index()] = true;
      shelf.unreachable[1 - node.index()] |= forBoth;
    }
    world.count(forBoth ? "fault: backing lost to both" : "fault: backing lost to one");
    world.after(
        random.nextLong(1_500_000_000),
        () -> {
          for (SimShelf shelf : some) {
            shelf.unreachable[0] = false;
            shelf.unreachable[1] = false;
          }
        });
  }

  /**
   * A shelf is taken out of use and carried away, an empty one put in its place and, asked for by
   * an operator, taken in; or nobody carries it anywhere; and some put the old one back. What is
   * carried away is stale, and the primary was asked and did not refuse: another shelf may be
   * failing meanwhile.
   */
  private void exchangeShelf() {
    int shelf = random.nextInt(world.shelves().count());
    long soon = 100_000_000 + random.nextLong(400_000_000);
    boolean carried = random.nextInt(4) != 0;
    boolean back = random.nextInt(4) == 0;
    SimOperators.Ask asked =
        world
            .operators()
            .askPrimary("shelf fail", (replica, outcome) -> replica.failShelf(shelf, outcome));
    SimShelf old = world.shelves().get(shelf);
    if (carried) {
      world.after(
          soon / 2,
          () -> {
            if (asked != null && asked.isDone()) {
              put(shelf, old.blank());
            }
          });
    }
    world.after(soon, () -> world.operators().askToReplace(shelf));
    if (back) {
      world.after(soon + soon / 2, () -> put(shelf, old));
    }
    world.after(2 * soon, () -> world.operators().askToReplace(shelf));
    world.after(
        3 * soon,
        () ->
            world
                .operators()
                .askPrimary(
                    "shelf restore", (replica, outcome) -> replica.restoreShelf(shelf, outcome)));
  }

  /** With two shelves, exchanging one takes both nodes: a majority is both shelves. */
  private boolean bothSurvive() {
    return switch (world.options().ending()) {
      case PAIR, BOTH_PROMOTED, WITHOUT_BACKING -> true;
      case SURVIVOR_OF_FAULTS, SURVIVOR_OF_PAIR -> false;
    };
  }

  private void put(int shelf, SimShelf medium) {
    if (world.now() < world.options().activeNanos() && world.backing().isStale(shelf)) {
      world.count("fault: shelf exchanged");
      world.shelves().put(shelf, medium);
    }
  }

  /** One shelf, mostly; of a single one, that. */
  private List<SimShelf> some() {
    int count = world.shelves().count();
    int first = random.nextInt(count);
    if (count == 1 || random.nextInt(4) != 0) {
      return List.of(world.shelves().get(first));
    }
    world.count("fault: several shelves at once");
    return List.of(world.shelves().get(first), world.shelves().get((first + 1) % count));
  }

  private void jumpClock(SimNode node) {
    boolean back = random.nextInt(4) == 0;
    node.jumpClock(back ? -random.nextLong(50_000_000) : random.nextLong(5_000_000_000L));
    world.count(back ? "fault: clock jumps back" : "fault: clock jumps ahead");
  }

  private void stopClock(SimNode node) {
    node.stopClock();
    world.count("fault: clock stops");
    world.after(random.nextLong(1_000_000_000), node::startClock);
  }

  /** Nobody hears of the node, and its queue to the backing hangs: what it began lands late. */
  private void isolate(SimNode node) {
    long until = world.now() + random.nextLong(1_500_000_000);
    world.shelves().forEach(shelf -> shelf.stalledUntil[node.index()] = until);
    world.network().cut[node.index()] = true;
    world.count("fault: isolated with a hanging queue");
  }

  private void isolateInCheckpoint(int tries) {
    if (world.isCalm()) {
      return;
    }
    for (int i = 0; i < 2; i++) {
      SimNode node = world.node(i);
      if (node.isAlive() && node.replica().isPrimary() && node.replica().isWritingInPlace()) {
        isolate(node);
        return;
      }
    }
    if (tries < 2000) {
      world.after(200_000, () -> isolateInCheckpoint(tries + 1));
    }
  }

  private void crash(SimNode node) {
    if (node.isAlive()) {
      world.count("fault: crash");
      world.crash(node);
      world.after(random.nextLong(600_000_000), () -> startIfDead(node));
    }
  }

  private void crashBoth() {
    crash(world.node(0));
    crash(world.node(1));
    world.count("fault: both nodes crash");
    if (random.nextBoolean()) {
      world.node(0).loseRam();
      world.node(1).loseRam();
      world.shelves().forEach(SimShelf::losePower);
      world.count("fault: power loss");
    }
  }

  private void startIfDead(SimNode node) {
    if (!world.isCalm() && !node.isAlive()) {
      world.count("restart");
      node.start();
    }
  }

  private void pause(SimNode node, boolean withClock) {
    if (!node.isAlive() || node.isPaused()) {
      return;
    }
    world.count(withClock ? "fault: pause with the clock" : "fault: pause");
    node.pause(withClock);
    long life = node.life();
    long length = random.nextLong(random.nextBoolean() ? 100_000_000 : 1_500_000_000);
    world.after(
        length,
        () -> {
          if (node.life() == life && node.isPaused()) {
            node.resume();
          }
        });
  }
}
