package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.ShelfStatus;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Mends what is broken around the nodes, and does what an operator would do. */
final class Recovery {

  /** Of nodes that answer: the start of a process takes a busy machine long enough. */
  private static final long LIMIT_SECONDS = 120;

  private static final long LOOK_MILLIS = 100;

  /** After so long an operator looks at why there is no primary, or no second copy. */
  private static final long PATIENCE_SECONDS = 8;

  private final Site site;
  private final Injector injector;
  private final Consumer<String> story;
  private final boolean automatic;

  Recovery(Site site, Injector injector, Consumer<String> story, boolean automatic) {
    this.site = site;
    this.injector = injector;
    this.story = story;
    this.automatic = automatic;
  }

  /** Starts both nodes, and makes one primary. */
  NodeProcess begin() throws IOException, InterruptedException {
    site.start();
    promoteSomebody();
    return await();
  }

  /**
   * Mends everything, starts what has ended, and waits until both copies are up-to-date, and all of
   * several shelves live.
   *
   * @return the primary
   */
  NodeProcess await() throws IOException, InterruptedException {
    long start = System.nanoTime();
    mend();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    long nextHelp = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() - deadline < 0) {
      for (NodeProcess node : site.nodes()) {
        Optional<ResourceStatus> status = Site.status(node);
        if (status.isPresent() && isWholePrimary(status.get()) && areLive(status.get())) {
          story.accept(
              "both up-to-date, primary %s, view %d, after %.1f s"
                  .formatted(
                      node.name(),
                      status.get().getView().getNumber(),
                      (System.nanoTime() - start) / 1e9));
          return node;
        }
      }
      boolean late = System.nanoTime() - nextHelp > 0;
      if (late) {
        nextHelp = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      }
      if (site.start()) {
        deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
      }
      help(late);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
    }
    throw new AssertionError(
        "the pair did not recover:\n" + describe(site.alpha) + describe(site.beta));
  }

  private static String describe(NodeProcess node) {
    return Site.status(node).map(Object::toString).orElse("no status\n") + node;
  }

  static boolean isWholePrimary(ResourceStatus status) {
    return status.getRole().equals("primary")
        && status.getConnection().equals("connected")
        && status.getCopy().equals("up-to-date")
        && status.getPeer().getCopy().equals("up-to-date")
        && status.getView().getMembersCount() == 2;
  }

  private static boolean areLive(ResourceStatus status) {
    return status.getBacking().getShelvesList().stream()
        .allMatch(shelf -> shelf.getState().equals("live"));
  }

  /** Mends what is around the nodes, and lets those go on that are paused. */
  void mend() throws IOException, InterruptedException {
    site.san().heal();
    site.network.heal();
    for (NodeProcess node : injector.paused()) {
      if (node.isAlive()) {
        node.resume();
      }
    }
    injector.paused().clear();
    for (NodeProcess node : injector.stopping()) {
      node.awaitEnd();
    }
    injector.stopping().clear();
  }

  /** What an operator does who sees the status. */
  private void help(boolean late) throws IOException, InterruptedException {
    boolean anyPrimary = false;
    for (NodeProcess node : site.nodes()) {
      Optional<ResourceStatus> status = Site.status(node);
      anyPrimary |= status.isPresent() && Steps.isPrimary(status.get());
      if (status.isPresent() && status.get().getConnection().equals("standalone")) {
        operate(node, Action.CONNECT);
      }
      if (status.isPresent() && Steps.isPrimary(status.get())) {
        helpShelves(node, status.get());
      }
    }
    if (!anyPrimary && (late || !automatic)) {
      promoteSomebody();
    }
    if (late) {
      restartWhoseDiskFailed();
    }
  }

  /** Has a shelf used again that an operator has taken out of use, or has emptied. */
  private void helpShelves(NodeProcess primary, ResourceStatus status) {
    List<ShelfStatus> shelves = status.getBacking().getShelvesList();
    for (int shelf = 0; shelf < shelves.size(); shelf++) {
      if (!shelves.get(shelf).getState().equals("stale")) {
        continue;
      }
      if (injector.emptied().contains(shelf)) {
        story.accept("replace shelf %d: %s".formatted(shelf + 1, injector.replace(primary, shelf)));
      } else if (shelves.get(shelf).getError().contains("operator")) {
        String answer = Site.operate(primary, Action.RESTORE_SHELF, shelf);
        story.accept("restore shelf %d: %s".formatted(shelf + 1, answer));
      }
    }
  }

  /** Asks one node after the other, as somebody does who does not know which is the better one. */
  void promoteSomebody() {
    for (NodeProcess node : site.nodes()) {
      if (node.isAlive()
          && !injector.paused().contains(node)
          && operate(node, Action.PROMOTE).startsWith("done")) {
        return;
      }
    }
  }

  private String operate(NodeProcess node, Action action) {
    String answer = Site.operate(node, action);
    story.accept(node.name() + ": " + action + ": " + answer);
    return answer;
  }

  /**
   * A node that a cache flush has failed to trusts its disk again only after a start. Its copy is
   * lost by that, so the other one has to be there.
   */
  private void restartWhoseDiskFailed() throws IOException, InterruptedException {
    for (NodeProcess node : site.nodes()) {
      Optional<ResourceStatus> own = Site.status(node);
      Optional<ResourceStatus> other = Site.status(site.peerOf(node));
      if (own.isEmpty() || other.isEmpty() || own.get().getBacking().getState().equals("ok")) {
        continue;
      }
      if (other.get().getCopy().equals("up-to-date")
          && other.get().getBacking().getState().equals("ok")) {
        story.accept(
            "restarting " + node.name() + ": backing " + own.get().getBacking().getState());
        node.kill();
        return;
      }
    }
  }
}
