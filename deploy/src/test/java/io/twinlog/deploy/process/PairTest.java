package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A healthy pair, as its clients and its operator see it. */
@Tag("process")
final class PairTest {

  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    pair = Pair.start();
  }

  @AfterEach
  void stop() throws Exception {
    pair.close();
  }

  @Test
  void shouldReadBackFromEitherNodeWhatNbdcopyWrote() throws Exception {
    Tools.need("nbdcopy");
    Path written = pair.directory().resolve("written");
    byte[] content = new byte[(int) pair.sizeBytes()];
    new Random(1).nextBytes(content);
    Files.write(written, content);

    Launcher.run("nbdcopy", written.toString(), pair.alpha.uri()).orFail();

    assertSame(written, pair.alpha);
    pair.alpha.kill();
    Pair.takeOver(pair.beta);
    assertSame(written, pair.beta);
  }

  private void assertSame(Path written, NodeProcess node) throws IOException, InterruptedException {
    Path read = pair.directory().resolve("read-" + node.name());
    Launcher.run("nbdcopy", node.uri(), read.toString()).orFail();
    assertEquals(-1, Files.mismatch(written, read), "first different byte on " + node.name());
  }

  @Test
  void shouldGiveQemuIoWhatItWrote() throws Exception {
    Tools.need("qemu-io");
    Launcher.Result result =
        Launcher.run(
            "qemu-io",
            "-f",
            "raw",
            "-c",
            "write -P 0xa5 4096 1M",
            "-c",
            "write -z 64k 64k",
            "-c",
            "flush",
            "-c",
            "read -P 0xa5 4096 60k",
            "-c",
            "read -P 0 64k 64k",
            "-c",
            "read -P 0xa5 128k 900k",
            pair.alpha.uri());

    result.orFail();
    assertTrue(!result.text().contains("failed"), result::toString);
  }

  @Test
  void shouldNameThePrimaryWhenAClientComesToTheSecondary() {
    NbdClient.Refused refused =
        assertThrows(NbdClient.Refused.class, () -> NbdClient.open(pair.beta, 10_000));

    assertTrue(refused.getMessage().contains("alpha"), refused::getMessage);
  }

  @Test
  void shouldRefuseASecondProcessOfTheSameNode() throws Exception {
    Launcher.Result second = pair.alpha.twinlog("node");

    assertEquals(1, second.exitCode(), second::toString);
    assertTrue(second.err().contains("running node"), second::toString);
    pair.awaitBothUpToDate(pair.alpha);
  }

  @Test
  void shouldSayItsStatusWithinHalfASecond() throws Exception {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      best = Math.min(best, pair.alpha.twinlog("status").orFail().millis());
    }
    System.out.println("twinlog status: " + best + " ms (best of 5)");
    assertTrue(best < 500, "twinlog status took " + best + " ms");
  }

  @Test
  void shouldKeepEveryWriteWhenThePrimaryMovesUnderLoad() throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(200);
      pair.alpha.twinlog("switchover", "r0").orFail();
      pair.beta.await("the primary role", Pair::isPrimary, Pair.SOON);
      recorder.awaitMore(200);
      pair.beta.twinlog("switchover", "r0").orFail();
      pair.alpha.await("the primary role", Pair::isPrimary, Pair.SOON);
      recorder.awaitMore(200);

      recorder.stop().verify(pair.alpha);
    }
    pair.awaitBothUpToDate(pair.alpha);
  }
}
