package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.Content;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.nemesis.history.Operation;
import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.BackingStatus;
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

  /** A write to the data area that is held up may hold the log up, too: it is the same file. */
  private static final long FLUSH_MILLIS = 1_000;

  private static final int MIB = 1 << 20;
  private static final int ANSWER_MILLIS = 15_000;

  /** Enough for a checkpoint to be due. */
  private static final int LOGGED_TIMES = 3;

  /** Its place among all clients. */
  private static final int WRITER = 97;

  private final Site site;
  private final History history;
  private final RandomGenerator random;
  private final Consumer<String> story;
  private final boolean automatic;

  private long marks;

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
        Site.flush(node, FLUSH_MILLIS);
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

  /** Waits until everything that is committed by now is in the data area. */
  void awaitCheckpoint(NodeProcess node) {
    long goal = backing(node).getCommittedNumber();
    long before;
    do {
      before = backing(node).getCheckpointNumber();
      logMuch(node);
    } while (awaitCheckpointBehind(node, before) && backing(node).getCheckpointNumber() < goal);
  }

  private boolean awaitCheckpointBehind(NodeProcess node, long number) {
    return await(node, "past a checkpoint", s -> s.getBacking().getCheckpointNumber() > number);
  }

  private static BackingStatus backing(NodeProcess node) {
    return Site.status(node)
        .map(ResourceStatus::getBacking)
        .orElse(BackingStatus.getDefaultInstance());
  }

  /** Writes something new to the quiet cells. */
  void leaveMark(NodeProcess node) {
    try (NbdClient client = NbdClient.open(node, ANSWER_MILLIS, ANSWER_MILLIS)) {
      for (Cells.Range cell : Cells.QUIET) {
        long[] values = {((long) WRITER + 1) << 32 | ++marks};
        Operation write =
            new Operation(
                Operation.Kind.WRITE,
                WRITER,
                node.name(),
                cell.firstBlock(),
                values,
                System.nanoTime(),
                Operation.NEVER);
        history.sends(write);
        history.add(answered(client, write));
      }
    } catch (IOException e) {
      story.accept("no mark is left: " + e.getMessage());
    }
  }

  /** Writes; an operation that is not answered when that fails. */
  private Operation answered(NbdClient client, Operation write) {
    try {
      client.write(
          (long) write.firstBlock() * Content.BLOCK_BYTES,
          Content.of(write.values()[0], write.firstBlock(), 1));
      return write.answered(write.values(), System.nanoTime());
    } catch (IOException e) {
      story.accept("a mark is not answered: " + e.getMessage());
      return write;
    }
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
