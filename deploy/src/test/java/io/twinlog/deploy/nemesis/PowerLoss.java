package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.nemesis.history.Operation;
import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Both copies are lost at the same moment, under load. Then the backing holds a prefix of the
 * writes; nobody takes that for the whole, unless it is, until an operator accepts the loss.
 */
final class PowerLoss {

  private static final int READER = 98;
  private static final int TIMEOUT_MILLIS = 60_000;
  private static final long LIMIT_SECONDS = 60;

  private final Site site;
  private final History history;
  private final Consumer<String> story;

  PowerLoss(Site site, History history, Consumer<String> story) {
    this.site = site;
    this.history = history;
    this.story = story;
  }

  /** What is broken around the nodes is mended in between. */
  void run(Clients clients, Recovery recovery) throws IOException, InterruptedException {
    long lost = System.nanoTime();
    site.nodes().forEach(NodeProcess::sendKill);
    recovery.mend();
    for (NodeProcess node : site.nodes()) {
      node.awaitEnd();
    }
    clients.stop();
    site.start();
    boolean accepted = promote();
    NodeProcess primary = awaitPrimary();
    try (NbdClient client = NbdClient.open(primary, TIMEOUT_MILLIS, TIMEOUT_MILLIS)) {
      for (Cells.Range cell : Cells.all()) {
        long invoked = System.nanoTime();
        history.add(
            new Operation(
                accepted ? Operation.Kind.RECOVERED : Operation.Kind.READ,
                READER,
                primary.name(),
                cell.firstBlock(),
                Client.read(client, cell),
                accepted ? lost : invoked,
                System.nanoTime()));
      }
    }
  }

  /** Whether a loss had to be accepted; otherwise nothing may be missing. */
  private boolean promote() {
    for (NodeProcess node : site.nodes()) {
      String answer = ask(() -> Site.operate(node, Action.PROMOTE));
      story.accept("both lost: " + node.name() + ": promote: " + answer);
      if (Site.status(node).map(ResourceStatus::getRole).orElse("").equals("primary")) {
        return false;
      }
    }
    String answer = ask(() -> Site.acceptLoss(site.alpha));
    story.accept("alpha: promote --accept-loss: " + answer.lines().findFirst().orElse(""));
    if (!answer.startsWith("done")) {
      throw new AssertionError("no loss can be accepted: " + answer + site.alpha);
    }
    return true;
  }

  /** Asks again while the node is about to promote itself: it fails over automatically. */
  private static String ask(Supplier<String> operator) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    String answer = operator.get();
    while ((answer.contains("promotion of this node is under way") || answer.equals("no answer"))
        && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      answer = operator.get();
    }
    return answer;
  }

  private NodeProcess awaitPrimary() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (System.nanoTime() - deadline < 0) {
      for (NodeProcess node : site.nodes()) {
        Optional<ResourceStatus> status = Site.status(node);
        if (status.isPresent() && status.get().getRole().equals("primary")) {
          return node;
        }
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
    throw new AssertionError("no primary after the loss of both: " + site.alpha + site.beta);
  }
}
