package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.proto.admin.ResourceStatus;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A pair whose backing is staggered over three AoE targets, each a real vblade of its own. */
@Tag("process")
final class StaggeredPairTest {

  private static final long SHELF_BYTES = 256L << 20;
  private static final Duration SHELF_LIMIT = Duration.ofSeconds(60);

  @Test
  void shouldKeepEveryWriteWhenOneShelfAfterTheOtherDies() throws Exception {
    try (AoeSan first = AoeSan.start(9000, SHELF_BYTES);
        AoeSan second = AoeSan.start(9000, SHELF_BYTES);
        AoeSan third = AoeSan.start(9000, SHELF_BYTES);
        Pair pair = Pair.start(backing(first, second, third));
        Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(200);
      second.kill();
      awaitShelf(pair.alpha, 2, "stale");
      recorder.awaitMore(200);
      second.startVblade();
      awaitShelf(pair.alpha, 2, "live");

      // Alone, the log acknowledges: it goes on when the shelf is recorded as stale.
      pair.beta.kill();
      recorder.awaitMore(200);
      third.hang();
      awaitShelf(pair.alpha, 3, "stale");
      recorder.awaitMore(200);
      third.goOn();
      awaitShelf(pair.alpha, 3, "live");
      first.flap(3);
      recorder.awaitMore(200);
      awaitShelf(pair.alpha, 1, "live");

      // What only the log has is on the two shelves that are left, for the node that comes back.
      second.kill();
      awaitShelf(pair.alpha, 2, "stale");
      recorder.awaitMore(200);
      pair.alpha.kill();
      pair.beta.start();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(200);
      assertEquals(0, pair.beta.twinlog("shelf", "list", "r0").orFail().exitCode());
      // A shelf is filled again when the former primary is known not to write any more.
      pair.alpha.start();
      second.startVblade();
      awaitShelf(pair.beta, 2, "live");
      recorder.stop().verify(pair.beta);
    }
  }

  private static String backing(AoeSan... shelves) {
    StringBuilder text = new StringBuilder("backing { shelves = [");
    for (AoeSan shelf : shelves) {
      text.append('"').append(shelf.shelf()).append("?deadline=2s\", ");
    }
    return text.append("] }").toString();
  }

  private static void awaitShelf(NodeProcess node, int shelf, String state) {
    node.await(
        "shelf " + shelf + " to be " + state,
        status -> stateOf(status, shelf).equals(state),
        SHELF_LIMIT);
  }

  private static String stateOf(ResourceStatus status, int shelf) {
    return status.getBacking().getShelvesCount() < shelf
        ? ""
        : status.getBacking().getShelves(shelf - 1).getState();
  }
}
