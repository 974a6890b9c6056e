package io.twinlog.deploy.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A file that both nodes may use as their shelf and that fails or stalls when told to: nbdkit
 * serves it, nbdfuse makes a file of what nbdkit serves.
 */
final class FaultyBacking implements AutoCloseable {

  private final Path file;
  private final Path error;
  private final Process server;
  private final Process mount;
  private boolean stalled;

  private FaultyBacking(Path file, Path error, Process server, Process mount) {
    this.file = file;
    this.error = error;
    this.server = server;
    this.mount = mount;
  }

  /** Skips the test where that cannot be had. */
  static FaultyBacking mount(Path directory, int sizeMiB) throws IOException, InterruptedException {
    Tools.need("nbdkit", "nbdfuse", "umount");
    Path disk = directory.resolve("disk.img");
    Path socket = directory.resolve("disk.sock");
    Path error = directory.resolve("disk.fails");
    Path file = Files.createFile(directory.resolve("faulty.img"));
    Launcher.run("truncate", "-s", sizeMiB + "M", disk.toString()).orFail();
    Process server =
        start(
            directory.resolve("nbdkit.log"),
            "nbdkit",
            "-f",
            "-U",
            socket.toString(),
            "--filter=error",
            "file",
            disk.toString(),
            "error=EIO",
            "error-rate=100%",
            "error-file=" + error);
    await(() -> Files.exists(socket));
    Process mount =
        start(
            directory.resolve("nbdfuse.log"),
            "nbdfuse",
            file.toString(),
            "nbd+unix:///?socket=" + socket);
    await(() -> Files.size(file) > 0);
    return new FaultyBacking(file, error, server, mount);
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws IOException {
    long deadline = System.nanoTime() + Pair.SOON.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("nbdkit or nbdfuse does not start");
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  private static Process start(Path log, String... command) throws IOException {
    return new ProcessBuilder(List.of(command))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  Path file() {
    return file;
  }

  /** From now on every read and write fails. */
  void fail() throws IOException {
    Files.createFile(error);
  }

  /** Nothing is answered from now on. */
  void stall() throws IOException, InterruptedException {
    stalled = true;
    Launcher.run("kill", "-STOP", "" + server.pid()).orFail();
  }

  /** It works again, and what has stalled goes on. */
  void heal() throws IOException, InterruptedException {
    Files.deleteIfExists(error);
    if (stalled) {
      stalled = false;
      Launcher.run("kill", "-CONT", "" + server.pid()).orFail();
    }
  }

  /** A process with I/O under way on it cannot end before it is healed, so close that first. */
  @Override
  public void close() throws IOException {
    try {
      heal();
      Launcher.run("umount", file.toString());
      server.destroy();
      mount.waitFor(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      server.destroyForcibly();
      mount.destroyForcibly();
    }
  }
}
