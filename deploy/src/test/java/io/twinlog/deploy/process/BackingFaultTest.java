package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.ResourceStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The backing stalls, fails, or is not the one it was. */
@Tag("process")
final class BackingFaultTest {

  private static final int BACKING_MIB = 256;
  private static final long STALL_SECONDS = Long.getLong("twinlog.process.stallSeconds", 5);

  /** Ten times what a write takes on a machine that is busy, and nothing beside the stall. */
  private static final long LATENCY_MILLIS = 2_000;

  private Path directory;
  private FaultyBacking backing;
  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    String base = System.getenv().getOrDefault("TWINLOG_TMPDIR", "/var/tmp");
    directory = Files.createTempDirectory(Path.of(base), "backing-");
    backing = FaultyBacking.mount(directory, BACKING_MIB);
    pair = Pair.start(config -> config.withBacking(backing.file()));
  }

  @AfterEach
  void stop() throws Exception {
    if (backing != null) {
      backing.heal();
    }
    if (pair != null) {
      pair.close();
    }
    if (backing != null) {
      backing.close();
    }
    Launcher.run("rm", "-r", directory.toString()).orFail();
  }

  @Test
  void shouldAnswerAsUsualWhenTheBackingOfAConnectedPairStalls() throws Exception {
    Promises promises = new Promises();
    long worst = 0;
    long writes = 0;
    try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
      backing.stall();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STALL_SECONDS);
      for (long now = System.nanoTime(); now - end < 0; writes++) {
        promises.write(client, 1);
        long answered = System.nanoTime();
        worst = Math.max(worst, TimeUnit.NANOSECONDS.toMillis(answered - now));
        now = answered;
      }
    }
    ResourceStatus status = pair.alpha.status();
    assertTrue(Pair.isWhole(status), status::toString);
    assertEquals("", status.getSuspended());
    assertTrue(status.getBacking().getDirtyBytes() > 0, status::toString);
    assertTrue(worst < LATENCY_MILLIS, writes + " writes, the slowest took " + worst + " ms");
    backing.heal();

    pair.alpha.await("an empty dirty set", s -> s.getBacking().getDirtyBytes() == 0, Pair.SOON);
    promises.count();
    promises.verify(pair.alpha);
  }

  @Test
  void shouldSuspendAndGoOnByItselfWhenNeitherPeerNorBackingCanBeReached() throws Exception {
    Promises promises = new Promises();
    try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
      backing.fail();
      promises.write(client, 50);
      pair.alpha.await("the error", s -> s.getBacking().getState().contains("EIO"), Pair.SOON);
      assertEquals("", pair.alpha.status().getSuspended());

      pair.beta.kill();
      pair.alpha.await("suspension", s -> s.getSuspended().contains("EIO"), Pair.SOON);
      CompletableFuture<Void> write = promises.beginWrite(client);
      backing.heal();

      write.get(60, TimeUnit.SECONDS);
      Pair.awaitGoodBacking(pair.alpha);
    }
    promises.count();
    promises.verify(pair.alpha);
  }

  @Test
  void shouldSuspendWithALineWhenTheBackingIsRolledBackUnderALonePrimary() throws Exception {
    Path disk = directory.resolve("disk.img");
    Path snapshot = directory.resolve("snapshot.img");
    Files.copy(disk, snapshot);
    pair.beta.kill();
    pair.alpha.await("a lone view", s -> s.getView().getMembersCount() == 1, Pair.SOON);

    Launcher.run("dd", "if=" + snapshot, "of=" + disk, "bs=1M", "conv=notrunc").orFail();

    pair.alpha.await(
        "suspension", s -> s.getSuspended().contains("older than what this node wrote"), Pair.SOON);
  }
}
