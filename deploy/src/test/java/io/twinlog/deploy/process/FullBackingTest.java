package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The backing is a file with holes, on a file system that has no room for them any more. */
@Tag("process")
final class FullBackingTest {

  private static final String ENOSPC = "ENOSPC (no space left on device)";
  private static final String ADVICE = "make room on its file system";

  private Path directory;
  private Path mount;
  private Path filler;
  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    Tools.need("mke2fs", "mount", "umount", "dd", "truncate");
    Assumptions.assumeTrue(
        Files.exists(Path.of("/dev/loop-control")), "skipped: this kernel has no loop devices");
    String base = System.getenv().getOrDefault("TWINLOG_TMPDIR", "/var/tmp");
    directory = Files.createTempDirectory(Path.of(base), "full-");
    Path disk = directory.resolve("disk.img");
    Launcher.run("truncate", "-s", "192M", disk.toString()).orFail();
    Launcher.run("mke2fs", "-q", "-t", "ext4", "-b", "4096", disk.toString()).orFail();
    mount = Files.createDirectory(directory.resolve("mnt"));
    Launcher.run("mount", "-o", "loop", disk.toString(), mount.toString()).orFail();
    filler = mount.resolve("filler");
    Path backing = mount.resolve("r0.img");
    Launcher.run("truncate", "-s", "256M", backing.toString()).orFail();
    pair = Pair.start(config -> config.withBacking(backing));
  }

  @AfterEach
  void stop() throws Exception {
    if (pair != null) {
      Files.deleteIfExists(filler);
      pair.close();
    }
    if (mount != null) {
      Launcher.run("umount", mount.toString());
    }
    if (directory != null) {
      Launcher.run("rm", "-r", directory.toString()).orFail();
    }
  }

  private void fill() throws IOException, InterruptedException {
    for (String size : new String[] {"1M", "4k"}) {
      Launcher.Result result =
          Launcher.run(
              "dd",
              "if=/dev/zero",
              "of=" + filler,
              "bs=" + size,
              "oflag=append,direct",
              "conv=notrunc");
      assertTrue(result.err().contains("No space left"), result::toString);
    }
  }

  @Test
  void shouldServeOnAndGoOnByItselfWhenRoomIsMade() throws Exception {
    Promises promises = new Promises();
    try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
      promises.write(client, 10);
      fill();
      promises.write(client, 50);
      ResourceStatus full =
          pair.alpha.await("the error", s -> s.getBacking().getState().contains(ENOSPC), Pair.SOON);
      assertTrue(full.getBacking().getState().contains(ADVICE), full::toString);
      assertEquals("", full.getSuspended());
      promises.write(client, 50);
      promises.count();

      pair.beta.kill();
      pair.alpha.await("suspension", s -> s.getSuspended().contains(ADVICE), Pair.SOON);
      CompletableFuture<Void> write = promises.beginWrite(client);
      Files.delete(filler);

      write.get(60, TimeUnit.SECONDS);
      Pair.awaitGoodBacking(pair.alpha);
    }
    promises.count();
    promises.verify(pair.alpha);

    pair.alpha.kill();
    pair.beta.start();
    pair.beta.twinlog("promote", "r0").orFail();
    promises.verify(pair.beta);
  }
}
