package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.Counters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What comes back is filled with what it missed, and no more; RAM is in /dev/shm. */
@Tag("process")
final class ResyncTest {
  private static final int WRITES = 200;
  private static final int MISSED = 5;

  private Path ramDir;
  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    pair = Pair.create();
    ramDir = Path.of("/dev/shm").resolve(pair.directory().getFileName());
    String lines = "ram = shm\n  ram-dir = \"" + ramDir + "\"";
    for (NodeProcess node : pair.nodes()) {
      node.configure(pair.config().with(lines));
      node.start();
    }
    pair.alpha.await("a connection", Pair::isConnected, Pair.SOON);
    pair.alpha.twinlog("promote", "r0").orFail();
    pair.awaitBothUpToDate(pair.alpha);
    try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
      for (int i = 0; i < WRITES; i++) {
        client.write((long) i * Blocks.BYTES, Blocks.content(i, 1, 1));
      }
    }
  }

  @AfterEach
  void stop() throws IOException {
    pair.close();
    if (Files.exists(ramDir)) {
      try (Stream<Path> files = Files.list(ramDir)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(ramDir);
    }
  }

  @Test
  void shouldSendOnlyWhatWasMissedWhenAKilledSecondaryComesBack() throws Exception {
    pair.beta.kill();
    pair.alpha.await(
        "a complete lone view",
        s -> s.getView().getMembersCount() == 1 && s.getView().getComplete(),
        Pair.SOON);
    writeMissed();
    Counters before = pair.alpha.status().getCounters();
    pair.beta.start();
    pair.awaitBothUpToDate(pair.alpha);

    Counters after = pair.alpha.status().getCounters();
    assertEquals(before.getWholeResyncs(), after.getWholeResyncs());
    assertEquals(before.getQuickResyncs() + 1, after.getQuickResyncs());
    long sent = after.getResyncBytes() - before.getResyncBytes();
    // The last write before the kill may have been under way.
    assertTrue(sent <= (MISSED + 1) * Blocks.BYTES, () -> sent + " bytes for " + MISSED);
    pair.alpha.twinlog("switchover", "r0").orFail();
    pair.beta.await("the primary role", Pair::isPrimary, Pair.SOON);
    assertWritten(pair.beta, 2);
  }

  @Test
  void shouldSendOnlyWhatWasMissedWhenTheLinkWasDown() throws Exception {
    pair.beta.twinlog("disconnect", "r0").orFail();
    pair.alpha.await("a lone view", s -> s.getView().getMembersCount() == 1, Pair.SOON);
    writeMissed();
    pair.alpha.twinlog("resync", "r0", "--pause").orFail();
    pair.beta.twinlog("connect", "r0").orFail();
    pair.alpha.await("a connection", Pair::isConnected, Pair.SOON);
    String text = pair.alpha.twinlog("status", "r0").orFail().out();
    assertTrue(text.contains("sync paused"), text);
    pair.beta.twinlog("resync", "r0", "--resume").orFail();
    pair.awaitBothUpToDate(pair.alpha);
    assertEquals(1, pair.beta.status().getCounters().getQuickResyncs());
  }

  @Test
  void shouldGoOnAsPrimaryWithoutLossWhenItIsKilledAndNobodyTookOver() throws Exception {
    pair.beta.terminate();
    pair.alpha.await("a lone view", s -> s.getView().getMembersCount() == 1, Pair.SOON);
    writeMissed();
    pair.alpha.kill();
    pair.alpha.start();
    pair.alpha.await("the primary role", Pair::isPrimary, Pair.SOON);
    assertWritten(pair.alpha, 2);
    pair.beta.start();
    pair.awaitBothUpToDate(pair.alpha);
    assertEquals(0, pair.alpha.status().getCounters().getWholeResyncs());
  }

  private void writeMissed() throws IOException {
    try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
      for (int i = 0; i < MISSED; i++) {
        client.write((long) i * Blocks.BYTES, Blocks.content(i, 1, 2));
      }
    }
  }

  private static void assertWritten(NodeProcess node, int missedVersion) throws IOException {
    try (NbdClient client = NbdClient.open(node, 60_000)) {
      for (int i = 0; i < WRITES; i++) {
        byte[] content = client.read((long) i * Blocks.BYTES, Blocks.BYTES);
        byte[] expected = Blocks.content(i, 1, i < MISSED ? missedVersion : 1);
        assertArrayEquals(expected, content, "block " + i);
      }
    }
  }
}
