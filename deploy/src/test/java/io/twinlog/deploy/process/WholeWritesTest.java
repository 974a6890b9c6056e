package io.twinlog.deploy.process;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Requests of 1 MiB that were under way when the primary was killed have happened wholly or not at
 * all: in the other node's copy, and in what is recovered from the backing. {@code
 * -Dtwinlog.process.whole} says how many such requests.
 */
@Tag("process")
final class WholeWritesTest {

  private static final int WANTED = Integer.getInteger("twinlog.process.whole", 40);
  private static final int CLIENTS = 24;
  private static final int BLOCKS = (1 << 20) / Blocks.BYTES;

  @Test
  void shouldFindRequestsWholeOrNotAtAllAfterKills() throws Exception {
    try (Pair pair = Pair.start();
        Recorder recorder = Recorder.start(pair, CLIENTS, BLOCKS, BLOCKS)) {
      NodeProcess primary = pair.alpha;
      boolean bothKilled = false;
      while (recorder.settled() < WANTED || !bothKilled) {
        NodeProcess secondary = primary == pair.alpha ? pair.beta : pair.alpha;
        recorder.awaitMore(CLIENTS);
        bothKilled = !bothKilled;
        if (bothKilled) {
          killBoth(primary, secondary);
        } else {
          primary.kill();
          Pair.takeOver(secondary);
        }
        primary.start();
        primary = secondary;
        // Every client reads first what it was not told of.
        recorder.awaitMore(CLIENTS);
        pair.awaitBothUpToDate(primary);
      }
      recorder.stop().verify(primary);
      System.out.println(recorder.settled() + " requests under way were whole or not there");
    }
  }

  /** What the primary has acknowledged alone is in its log; the other node starts from there. */
  private static void killBoth(NodeProcess primary, NodeProcess secondary) throws Exception {
    secondary.kill();
    primary.await(
        "a complete lone view",
        status -> status.getView().getMembersCount() == 1 && status.getView().getComplete(),
        Pair.SOON);
    primary.kill();
    secondary.start();
    secondary.twinlog("promote", "r0").orFail();
    secondary.await("the primary role", Pair::isPrimary, Pair.SOON);
  }
}
