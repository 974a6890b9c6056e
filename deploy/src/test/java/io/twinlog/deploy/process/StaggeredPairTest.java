package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A pair whose backing is staggered over three AoE targets, each a real vblade of its own. */
@Tag("process")
final class StaggeredPairTest {

  private static final long SHELF_BYTES = 256L << 20;

  @Test
  void shouldKeepEveryWriteWhenOneShelfAfterTheOtherDies() throws Exception {
    try (AoeSan first = AoeSan.start(9000, SHELF_BYTES);
        AoeSan second = AoeSan.start(9000, SHELF_BYTES);
        AoeSan third = AoeSan.start(9000, SHELF_BYTES);
        Pair pair = Pair.start(backing(first, second, third));
        Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(200);
      second.kill();
      Pair.awaitShelf(pair.alpha, 2, "stale");
      recorder.awaitMore(200);
      second.startVblade();
      Pair.awaitShelf(pair.alpha, 2, "live");

      // Alone, the log acknowledges: it goes on when the shelf is recorded as stale.
      pair.beta.kill();
      recorder.awaitMore(200);
      third.hang();
      Pair.awaitShelf(pair.alpha, 3, "stale");
      recorder.awaitMore(200);
      third.goOn();
      Pair.awaitShelf(pair.alpha, 3, "live");
      first.flap(3);
      recorder.awaitMore(200);
      Pair.awaitShelf(pair.alpha, 1, "live");

      // What only the log has is on the two shelves that are left, for the node that comes back.
      second.kill();
      Pair.awaitShelf(pair.alpha, 2, "stale");
      recorder.awaitMore(200);
      pair.alpha.kill();
      pair.beta.start();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(200);
      assertEquals(0, pair.beta.twinlog("shelf", "list", "r0").orFail().exitCode());
      // A shelf is filled again when the former primary is known not to write any more.
      pair.alpha.start();
      second.startVblade();
      Pair.awaitShelf(pair.beta, 2, "live");
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
}
