package io.twinlog.deploy.process;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A pair whose backing is an AoE target: a real vblade. */
@Tag("process")
final class AoeShelfPairTest {

  private static final long SHELF_BYTES = 256L << 20;

  @Test
  void shouldKeepEveryWriteWhenTheShelfComesAndGoes() throws Exception {
    try (AoeSan san = AoeSan.start(9000, SHELF_BYTES);
        Pair pair = Pair.start("backing { shelves = [\"" + san.shelf() + "\"] }");
        Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(200);
      san.pause(2);
      recorder.awaitMore(200);
      san.restart(1);
      recorder.awaitMore(200);
      san.flap(1);
      recorder.awaitMore(200);
      // What the view change needs is on the shelf: it comes back, and then the takeover goes on.
      pair.alpha.kill();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(200);
      san.pause(2);
      recorder.awaitMore(200);
      recorder.stop().verify(pair.beta);
    }
  }
}
