package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.Content;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** What plots are made of: things done to a site, and waiting for what they bring about. */
final class Steps {

  static final long LIMIT_MILLIS = 15_000;

  private static final long LOOK_MILLIS = 20;
  private static final int MIB = 1 << 20;
  private static final int ANSWER_MILLIS = 15_000;

  /** Enough for a checkpoint to be due. */
  private static final int LOGGED_TIMES = 3;

  private final Site site;
  private final History history;
  private final RandomGenerator random;
  private final Consumer<String> story;
  private final boolean automatic;

  Steps(
      Site site,
      History history,
      RandomGenerator random,
      Consumer<String> story,
      boolean automatic) {
    this.site = site;
    this.history = history;
    this.random = random;
    this.story = story;
    this.automatic = automatic;
  }

  void tell(String text) {
    story.accept(text);
  }

  /**
   * Has so much written to the log, beside the cells, that a checkpoint begins, and no more when
   * that is held up: it is what makes room.
   */
  void logMuch(NodeProcess node) {
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

  void readAll(NodeProcess node) {
    try {
      LastLook.readAll(node, history);
    } catch (IOException e) {
      story.accept("not everything is read: " + e.getMessage());
    }
  }

  void awaitCheckpoint(NodeProcess node) {
    long before = Site.status(node).map(s -> s.getBacking().getCheckpointNumber()).orElse(0L);
    logMuch(node);
    await(node, "past a checkpoint", s -> s.getBacking().getCheckpointNumber() > before);
  }

  void cutAndAwaitAlone(NodeProcess primary) throws IOException, InterruptedException {
    site.network.cutBoth(primary.name(), site.peerOf(primary).name());
    await(primary, "alone", status -> status.getView().getMembersCount() == 1);
  }

  /** Waits until a node has taken the role over, or asks it to; whether it has. */
  boolean takeOver(NodeProcess node) {
    return automatic ? await(node, "primary", Steps::isPrimary) : promote(node);
  }

  /** Asks a node to take the role over until it has; whether it has. */
  boolean promote(NodeProcess node) {
    return await(
        node,
        "primary",
        status -> {
          if (!isPrimary(status)) {
            Site.operate(node, Action.PROMOTE);
          }
          return isPrimary(status);
        });
  }

  static boolean isPrimary(ResourceStatus status) {
    return status.getRole().equals("primary");
  }

  /** Whether the node's status was as wanted in time; if not, the story says so. */
  boolean await(NodeProcess node, String what, Predicate<ResourceStatus> wanted) {
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

  void park(int least, int most) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(least, most)));
  }
}
