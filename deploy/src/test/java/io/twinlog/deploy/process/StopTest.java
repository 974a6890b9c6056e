package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Orderly stops, and what the backing holds after them. */
@Tag("process")
final class StopTest {

  private static final int CHUNK = 1 << 20;

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
  void shouldHaveTheSameContentWhenBothNodesWereStoppedAndStarted() throws Exception {
    byte[] before = writeAndRead();
    pair.alpha.terminate();
    pair.beta.terminate();

    pair.alpha.start();
    pair.beta.start();
    pair.beta.await("a connection", Pair::isConnected, Pair.SOON);
    pair.beta.twinlog("promote", "r0").orFail();

    assertArrayEquals(before, content(pair.beta));
    pair.awaitBothUpToDate(pair.beta);
  }

  @Test
  void shouldHaveTheSameContentWhenDemotedAndPromotedOnTheOtherNode() throws Exception {
    byte[] before = writeAndRead();
    pair.alpha.twinlog("demote", "r0").orFail();

    pair.beta.twinlog("promote", "r0").orFail();

    assertArrayEquals(before, content(pair.beta));
    pair.awaitBothUpToDate(pair.beta);
  }

  @Test
  void shouldExportTheDeviceWhenBothNodesAreStopped() throws Exception {
    byte[] before = writeAndRead();
    pair.alpha.terminate();
    pair.beta.terminate();
    Path exported = pair.directory().resolve("exported");

    Launcher.Result check = pair.alpha.twinlog("check", "r0").orFail();
    pair.alpha.twinlog("export", "r0", exported.toString()).orFail();

    assertTrue(check.out().contains("clean"), check::toString);
    assertArrayEquals(before, Files.readAllBytes(exported));
    // Design, section 4: a single shelf is usable without Twinlog after an orderly stop.
    try (var shelf = Files.newInputStream(pair.config().backing())) {
      assertArrayEquals(before, shelf.readNBytes((int) pair.sizeBytes()));
    }
  }

  @Test
  void shouldExportEveryAcknowledgedWriteWhenALonePrimaryIsKilled() throws Exception {
    byte[] content;
    try (Recorder recorder = Recorder.start(pair)) {
      pair.beta.kill();
      pair.alpha.await(
          "a complete lone view",
          s -> s.getView().getMembersCount() == 1 && s.getView().getComplete(),
          Pair.SOON);
      recorder.awaitMore(100);
      recorder.stop();
      content = content(pair.alpha);
    }
    pair.alpha.kill();
    Path exported = pair.directory().resolve("exported");

    pair.alpha.twinlog("export", "r0", exported.toString()).orFail();

    assertEquals(-1, Arrays.mismatch(content, Files.readAllBytes(exported)));
  }

  /** Some acknowledged writes all over the device; its content after them. */
  private byte[] writeAndRead() throws IOException, InterruptedException {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(300);
      recorder.stop().verify(pair.alpha);
    }
    return content(pair.alpha);
  }

  private byte[] content(NodeProcess node) throws IOException {
    byte[] content = new byte[(int) pair.sizeBytes()];
    try (NbdClient client = NbdClient.open(node, 60_000)) {
      assertEquals(pair.sizeBytes(), client.sizeBytes());
      for (int offset = 0; offset < content.length; offset += CHUNK) {
        System.arraycopy(client.read(offset, CHUNK), 0, content, offset, CHUNK);
      }
    }
    return content;
  }
}
