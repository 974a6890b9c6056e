package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.fuse.StoragePath;
import io.twinlog.deploy.nemesis.fuse.StoragePaths;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** Does to a site what a fault says; none of it is undone here. */
final class Injector {

  private static final long HELD_UP_MILLIS = 3_000;
  private static final long COMPLETE_MILLIS = 15_000;

  private final Site site;
  private final History history;
  private final RandomGenerator random;
  private final Set<NodeProcess> paused = new HashSet<>();
  private final Set<NodeProcess> stopping = new HashSet<>();
  private final Set<Integer> emptied = new HashSet<>();

  Injector(Site site, History history, RandomGenerator random) {
    this.site = site;
    this.history = history;
    this.random = random;
  }

  /** The nodes that were paused and not resumed since. */
  Set<NodeProcess> paused() {
    return paused;
  }

  /** The nodes that were asked to stop, and may not have yet, because they are paused. */
  Set<NodeProcess> stopping() {
    return stopping;
  }

  void inject(Fault fault, NodeProcess primary) throws IOException, InterruptedException {
    NodeProcess secondary = site.peerOf(primary);
    switch (fault) {
      case KILL_PRIMARY -> primary.sendKill();
      case KILL_SECONDARY -> secondary.sendKill();
      case KILL_BOTH_IN_TURN -> killInTurn(primary, secondary);
      case STOP_PRIMARY -> stop(primary);
      case STOP_SECONDARY -> stop(secondary);
      case TEAR_AND_KILL_PRIMARY -> site.path(primary).tearNextWrite(seed(), primary::sendKill);
      case TEAR_AND_KILL_SECONDARY ->
          site.path(secondary).tearNextWrite(seed(), secondary::sendKill);
      case PAUSE_PRIMARY -> pause(primary);
      case PAUSE_SECONDARY -> pause(secondary);
      case PAUSE_BOTH -> {
        pause(primary);
        pause(secondary);
      }
      case CUT_LINK -> site.network.cutBoth(primary.name(), secondary.name());
      case CUT_FROM_PRIMARY -> site.network.cut(primary.name(), secondary.name());
      case CUT_FROM_SECONDARY -> site.network.cut(secondary.name(), primary.name());
      case UNPLUG_PRIMARY -> site.network.unplug(primary.name());
      case UNPLUG_SECONDARY -> site.network.unplug(secondary.name());
      case CUT_CLIENTS_FROM_PRIMARY -> site.network.cutClients(primary.name());
      case STALL_PRIMARY -> site.path(primary).stall();
      case STALL_SECONDARY -> site.path(secondary).stall();
      case STALL_BOTH -> {
        site.path(primary).stall();
        site.path(secondary).stall();
      }
      case DELAY_WRITES_OF_PAUSED_PRIMARY -> {
        site.path(primary).stall();
        site.path(primary).awaitWaiting(HELD_UP_MILLIS);
        pause(primary);
      }
      case FAIL_WRITES_OF_PRIMARY ->
          site.path(primary).fail(StoragePath.EIO, StoragePath.Kind.WRITE);
      case FAIL_WRITES_OF_SECONDARY ->
          site.path(secondary).fail(StoragePath.EIO, StoragePath.Kind.WRITE);
      case FAIL_ALL_OF_PRIMARY ->
          site.path(primary).fail(StoragePath.EIO, StoragePath.Kind.values());
      case TEAR_WRITE_OF_PRIMARY -> site.path(primary).tearNextWrite(seed(), () -> {});
      case FULL_DISK -> {
        site.path(primary).fail(StoragePath.ENOSPC, StoragePath.Kind.WRITE);
        site.path(secondary).fail(StoragePath.ENOSPC, StoragePath.Kind.WRITE);
      }
      case SWITCHOVER -> operate(random.nextBoolean() ? primary : secondary, Action.SWITCHOVER);
      case PROMOTE_SECONDARY -> operate(secondary, Action.PROMOTE);
      case PROMOTE_BOTH -> promoteBoth();
      case DISCONNECT -> operate(random.nextBoolean() ? primary : secondary, Action.DISCONNECT);
      case RESYNC -> operate(random.nextBoolean() ? primary : secondary, Action.RESYNC);
      case FLUSH -> operate(primary, Action.FLUSH);
      case RESTART_TARGETS -> site.aoe().restart();
      case HANG_TARGETS -> {
        for (int shelf = 0; shelf < site.shelves(); shelf++) {
          site.san().stall(shelf);
        }
      }
      case CUT_SAN_FROM_PRIMARY -> site.aoe().cut(primary.name());
      case CUT_SAN_FROM_SECONDARY -> site.aoe().cut(secondary.name());
      case WORSEN_SAN -> site.aoe().worsen();
      default -> injectIntoShelves(fault, primary);
    }
  }

  private void injectIntoShelves(Fault fault, NodeProcess primary)
      throws IOException, InterruptedException {
    StoragePaths own = site.path(primary);
    StoragePaths others = site.path(site.peerOf(primary));
    int shelf = random.nextInt(site.shelves());
    int next = (shelf + 1) % site.shelves();
    switch (fault) {
      case LOSE_SHELF_OF_PRIMARY -> lose(own.to(shelf));
      case LOSE_SHELF_OF_SECONDARY -> lose(others.to(shelf));
      case LOSE_SHELF -> site.san().lose(shelf);
      case LOSE_MAJORITY -> {
        site.san().lose(shelf);
        site.san().lose(next);
      }
      case LOSE_DIFFERENT_SHELVES -> {
        lose(own.to(shelf));
        lose(others.to(next));
      }
      case STALL_SHELF_OF_PRIMARY -> own.to(shelf).stall();
      case STALL_SHELF_OF_SECONDARY -> others.to(shelf).stall();
      case STALL_SHELF -> site.san().stall(shelf);
      case STALL_MAJORITY -> {
        site.san().stall(shelf);
        site.san().stall(next);
      }
      case FAIL_WRITES_TO_SHELF -> own.to(shelf).fail(StoragePath.EIO, StoragePath.Kind.WRITE);
      case TEAR_WRITE_TO_SHELF -> own.to(shelf).tearNextWrite(seed(), () -> {});
      case FULL_SHELF -> {
        own.to(shelf).fail(StoragePath.ENOSPC, StoragePath.Kind.WRITE);
        others.to(shelf).fail(StoragePath.ENOSPC, StoragePath.Kind.WRITE);
      }
      case FAIL_SHELF -> operate(primary, Action.FAIL_SHELF, shelf);
      case RESTORE_SHELF -> operate(primary, Action.RESTORE_SHELF, shelf);
      default -> throw new IllegalArgumentException(fault + " is a plot");
    }
  }

  private static void lose(StoragePath path) {
    path.fail(StoragePath.EIO, StoragePath.Kind.values());
  }

  /** An empty medium is in the place of a shelf, until it is replaced. */
  void empty(int shelf) throws IOException {
    emptied.add(shelf);
    site.san().empty(shelf);
  }

  /** The shelves in whose place an empty medium is that no node has been told of. */
  Set<Integer> emptied() {
    return emptied;
  }

  /** Tells a primary of the empty medium; what it says to that. */
  String replace(NodeProcess primary, int shelf) {
    String answer = Site.operate(primary, Action.REPLACE_SHELF, shelf);
    if (answer.startsWith("done")) {
      emptied.remove(shelf);
    }
    return answer;
  }

  private long seed() {
    return random.nextLong();
  }

  private void stop(NodeProcess node) {
    node.sendTerminate();
    stopping.add(node);
  }

  void pause(NodeProcess node) throws IOException, InterruptedException {
    if (node.isAlive()) {
      node.pause();
      paused.add(node);
    }
  }

  private void operate(NodeProcess node, Action action) {
    if (paused.contains(node)) {
      return;
    }
    history.tell(node.name() + ": " + action + ": " + Site.operate(node, action));
  }

  private void operate(NodeProcess node, Action action, int shelf) {
    if (!paused.contains(node)) {
      history.tell(node.name() + ": " + action + ": " + Site.operate(node, action, shelf));
    }
  }

  private void promoteBoth() throws InterruptedException {
    List<Thread> operators =
        site.nodes().stream()
            .map(node -> new Thread(() -> operate(node, Action.PROMOTE), "operator"))
            .toList();
    operators.forEach(Thread::start);
    for (Thread operator : operators) {
      operator.join();
    }
  }

  void resume(NodeProcess node) throws IOException, InterruptedException {
    if (paused.remove(node) && node.isAlive()) {
      node.resume();
    }
  }

  /** The second one only when nothing is lost by that; whether it is killed, too. */
  boolean killInTurn(NodeProcess last, NodeProcess first) {
    first.sendKill();
    paused.remove(first);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(COMPLETE_MILLIS);
    while (System.nanoTime() - deadline < 0) {
      Optional<ResourceStatus> status = Site.status(last);
      if (status.isPresent()
          && status.get().getView().getMembersCount() == 1
          && status.get().getView().getComplete()) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(500)));
        last.sendKill();
        return true;
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    history.tell(last.name() + " is not complete, and not killed");
    return false;
  }
}
