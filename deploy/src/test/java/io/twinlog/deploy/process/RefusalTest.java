package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two nodes that do not belong together say why, both of them. */
@Tag("process")
final class RefusalTest {

  private Pair pair;

  @BeforeEach
  void create() throws Exception {
    pair = Pair.create();
  }

  @AfterEach
  void stop() throws Exception {
    pair.close();
  }

  @Test
  void shouldRefuseByNameWhenTheSecretsDiffer() throws Exception {
    pair.beta.configure(pair.config().withSecret("another secret"));

    assertBothRefuse("(?i)secret");
  }

  @Test
  void shouldRefuseToStartWhenTheSizeIsNotTheBackings() throws Exception {
    pair.beta.configure(pair.config().withSizeMiB(pair.config().sizeMiB() * 2));

    Launcher.Result started = pair.beta.twinlog("node");

    assertEquals(1, started.exitCode(), started::toString);
    assertTrue(started.err().contains("size"), started::toString);
  }

  @Test
  void shouldRefuseByNameWhenTheBackingsDiffer() throws Exception {
    Path other = pair.directory().resolve("other.img");
    pair.beta.configure(pair.config().withBacking(other));
    pair.beta.twinlog("create", "r0").orFail();

    assertBothRefuse("(?i)refuses.*(backing|uuid)");
  }

  @Test
  void shouldRefuseByNameWhenTheBackingIsACopy() throws Exception {
    Path copy = pair.directory().resolve("copy.img");
    Files.copy(pair.config().backing(), copy);
    pair.beta.configure(pair.config().withBacking(copy));

    assertBothRefuse("uses another backing");
  }

  @Test
  void shouldRefuseToFormatAUsedBacking() throws Exception {
    Launcher.Result again = pair.alpha.twinlog("create", "r0");

    assertEquals(1, again.exitCode(), again::toString);
    assertTrue(again.err().contains("--force"), again::toString);
  }

  @Test
  void shouldSayThatANodeCannotBeReachedWhenItDoesNotRun() throws Exception {
    Launcher.Result promoted = pair.alpha.twinlog("promote", "r0");

    assertEquals(1, promoted.exitCode(), promoted::toString);
    assertEquals(1, promoted.err().lines().count(), promoted::toString);
    assertTrue(promoted.err().contains("alpha"), promoted::toString);
  }

  @Test
  void shouldRefuseASecondProcessOfANodeWhenItRunsElsewhere() throws Exception {
    pair.alpha.start();
    pair.alpha.twinlog("promote", "r0").orFail();
    Path elsewhere = Files.createDirectory(pair.directory().resolve("elsewhere"));
    PairConfig other = pair.config();
    try (NodeProcess twin =
        new NodeProcess(
            "alpha",
            elsewhere,
            PairConfig.ALPHA_NBD,
            new PairConfig(
                "127.127.0.1",
                "127.127.0.1",
                other.sizeMiB(),
                other.backing(),
                other.secret(),
                ""))) {
      twin.start();

      twin.awaitLog("another process is node alpha", Pair.SOON);
      Launcher.Result promoted = twin.twinlog("promote", "r0");
      assertEquals(1, promoted.exitCode(), promoted::toString);
      assertTrue(promoted.err().contains("stop that one first"), promoted::toString);
    }
    assertTrue(Pair.isPrimary(pair.alpha.status()), pair.alpha::toString);
  }

  @Test
  void shouldRefuseAndSayWhatToDoWhenOperatorsAskForWhatCannotBe() throws Exception {
    pair.alpha.start();
    pair.alpha.twinlog("promote", "r0").orFail();
    assertRefusal("not connected", pair.alpha.twinlog("switchover", "r0"));
    pair.beta.start();
    pair.awaitBothUpToDate(pair.alpha);
    assertRefusal("use switchover", pair.beta.twinlog("promote", "r0"));

    pair.beta.twinlog("disconnect", "r0").orFail();
    pair.alpha.await("a lone view", s -> s.getView().getMembersCount() == 1, Pair.SOON);
    assertRefusal("alive and primary", pair.beta.twinlog("promote", "r0"));
    assertRefusal("alive and primary", pair.beta.twinlog("promote", "r0", "--accept-loss"));
    assertRefusal("not connected", pair.beta.twinlog("switchover", "r0"));
    Launcher.Result nothing = pair.alpha.twinlog("promote", "r0", "--accept-loss").orFail();
    assertTrue(nothing.out().contains("nothing was lost"), nothing::toString);
  }

  private static void assertRefusal(String reason, Launcher.Result result) {
    assertEquals(1, result.exitCode(), result::toString);
    assertEquals(1, result.err().lines().count(), result::toString);
    assertTrue(result.err().contains(reason), result::toString);
  }

  /** Both nodes say so, in words that an operator can search for, and neither counts the other. */
  private void assertBothRefuse(String pattern) throws IOException, InterruptedException {
    pair.alpha.start();
    pair.beta.start();
    for (NodeProcess node : pair.nodes()) {
      node.awaitLog(pattern, Pair.SOON);
    }
    for (NodeProcess node : pair.nodes()) {
      assertFalse(Pair.isConnected(node.status()), node::toString);
    }
  }
}
