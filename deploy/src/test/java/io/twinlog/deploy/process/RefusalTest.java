package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.ResourceStatus;
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

    assertBothRefuse("secret");
  }

  @Test
  void shouldRefuseByNameWhenTheSizesDiffer() throws Exception {
    Path other = pair.directory().resolve("other.img");
    pair.beta.configure(pair.config().withSizeMiB(pair.config().sizeMiB() * 2).withBacking(other));
    pair.beta.twinlog("create", "r0").orFail();

    assertBothRefuse("size");
  }

  @Test
  void shouldRefuseByNameWhenTheBackingsDiffer() throws Exception {
    Path other = pair.directory().resolve("other.img");
    pair.beta.configure(pair.config().withBacking(other));
    pair.beta.twinlog("create", "r0").orFail();

    assertBothRefuse("backing|UUID|uuid");
  }

  @Test
  void shouldRefuseByNameWhenTheBackingIsACopy() throws Exception {
    Path copy = pair.directory().resolve("copy.img");
    Files.copy(pair.config().backing(), copy);
    pair.beta.configure(pair.config().withBacking(copy));

    assertBothRefuse("backing|nonce");
  }

  @Test
  void shouldRefuseToFormatAUsedBacking() throws Exception {
    Launcher.Result again = pair.alpha.twinlog("create", "r0");

    assertEquals(1, again.exitCode(), again::toString);
    assertTrue(again.err().contains("--force"), again::toString);
  }

  private void assertBothRefuse(String word) throws IOException, InterruptedException {
    pair.alpha.start();
    pair.beta.start();
    for (NodeProcess node : pair.nodes()) {
      node.await("a refusal", RefusalTest::isStandalone, Pair.SOON);
      String events = node.twinlog("events", "--once").orFail().out();
      assertTrue(
          events.lines().anyMatch(line -> line.matches(".* connection .*(" + word + ").*")),
          () -> node.name() + " says:\n" + events);
    }
  }

  private static boolean isStandalone(ResourceStatus status) {
    return status.getConnection().equals("standalone");
  }
}
