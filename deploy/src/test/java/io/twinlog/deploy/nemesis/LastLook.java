package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.nemesis.history.Operation;
import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Reads everything once more when the faults are over: from the primary's copy, from the other
 * one's, and from what the backing gives after both have been stopped in order.
 */
final class LastLook {

  private static final int READER = 99;
  private static final int CONNECT_MILLIS = 5_000;
  private static final int ANSWER_MILLIS = 60_000;

  private final Site site;
  private final Recovery recovery;
  private final History history;
  private final Consumer<String> story;

  LastLook(Site site, Recovery recovery, History history, Consumer<String> story) {
    this.site = site;
    this.recovery = recovery;
    this.history = history;
    this.story = story;
  }

  void run(NodeProcess primary) throws IOException, InterruptedException {
    readAll(primary, history);
    String answer = Site.operate(primary, Action.SWITCHOVER);
    story.accept("switchover: " + answer);
    if (!answer.startsWith("done")) {
      throw new AssertionError("no switchover of a healthy pair");
    }
    NodeProcess other = recovery.await();
    readAll(other, history);
    // The secondary first: nothing takes over then.
    site.peerOf(other).terminate();
    other.terminate();
    readAll(recovery.await(), history);
  }

  /** Reads every cell from a node; what it says is in the history then. */
  static void readAll(NodeProcess node, History history) throws IOException {
    try (NbdClient client = NbdClient.open(node, CONNECT_MILLIS, ANSWER_MILLIS)) {
      for (Cells.Range cell : Cells.all()) {
        long invoked = System.nanoTime();
        long[] values = Client.read(client, cell);
        history.add(
            new Operation(
                Operation.Kind.READ,
                READER,
                node.name(),
                cell.firstBlock(),
                values,
                invoked,
                System.nanoTime()));
      }
    }
  }
}
