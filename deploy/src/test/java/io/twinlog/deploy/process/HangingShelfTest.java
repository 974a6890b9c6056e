package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A pair on three files, one of which does not answer for a while. */
@Tag("process")
final class HangingShelfTest {
  private static final int BACKING_MIB = 256;

  private Path directory;
  private FaultyBacking third;
  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    String base = System.getenv().getOrDefault("TWINLOG_TMPDIR", "/var/tmp");
    directory = Files.createTempDirectory(Path.of(base), "hanging-");
    third = FaultyBacking.mount(directory, BACKING_MIB);
    StringBuilder text = new StringBuilder("backing { shelves = [");
    Path[] files = {directory.resolve("first"), directory.resolve("second"), third.file()};
    for (Path file : files) {
      text.append("\"file:").append(file).append("?deadline=2s\", ");
    }
    pair = Pair.start(text.append("] }").toString());
  }

  @AfterEach
  void stop() throws Exception {
    if (third != null) {
      third.heal();
    }
    if (pair != null) {
      pair.close();
    }
    if (third != null) {
      third.close();
    }
    Launcher.run("rm", "-r", directory.toString()).orFail();
  }

  @Test
  void shouldGoOnWithoutAShelfThatHangsAndFillItWhenItAnswers() throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(200);
      third.stall();
      Pair.awaitShelf(pair.alpha, 3, "stale");
      recorder.awaitMore(200);
      Launcher.Result list = pair.alpha.twinlog("shelf", "list", "r0").orFail();
      assertTrue(list.out().contains("still waits for"), list::toString);
      third.heal();
      Pair.awaitShelf(pair.alpha, 3, "live");

      // Alone, the log acknowledges: it goes on when the shelf is recorded as stale.
      pair.beta.kill();
      recorder.awaitMore(200);
      third.stall();
      recorder.awaitMore(200);
      Pair.awaitShelf(pair.alpha, 3, "stale");
      // A node starts without it, too, and becomes primary.
      pair.beta.start();
      pair.awaitBothUpToDate(pair.alpha);
      pair.alpha.twinlog("switchover", "r0").orFail();
      recorder.awaitMore(200);
      third.heal();
      Pair.awaitShelf(pair.beta, 3, "live");
      recorder.stop().verify(pair.beta);
    }
  }

  @Test
  void shouldEndInOrderWithoutAShelfThatHangs() throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(200);
      third.stall();
      Pair.awaitShelf(pair.alpha, 3, "stale");
      recorder.awaitMore(200);
      pair.beta.sendTerminate();
      recorder.stop();
      pair.alpha.sendTerminate();
      pair.alpha.awaitLog("stopped in order", Pair.SOON);
      pair.alpha.awaitLog("left behind with an operation", Pair.SOON);
      // The kernel keeps a process until its I/O has returned.
      third.heal();
      pair.alpha.awaitEnd();
      pair.beta.awaitEnd();
      pair.beta.start();
      pair.alpha.start();
      pair.beta.await("a connection", Pair::isConnected, Pair.SOON);
      pair.beta.twinlog("promote", "r0").orFail();
      Pair.awaitShelf(pair.beta, 3, "live");
      recorder.verify(pair.beta);
    }
  }
}
