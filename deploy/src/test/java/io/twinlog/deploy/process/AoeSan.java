package io.twinlog.deploy.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A shelf of its own, in a network namespace: a durable vblade behind a cable. */
final class AoeSan implements AutoCloseable {

  private final String namespace;
  private final Path file;
  private Process vblade;

  private AoeSan(String namespace, Path file) {
    this.namespace = namespace;
    this.file = file;
  }

  /** Skips the test where there can be none. */
  static AoeSan start(int mtu, long sizeBytes) throws IOException, InterruptedException {
    Tools.need("ip", "vblade");
    String namespace = String.format("ts%05x", ThreadLocalRandom.current().nextInt(1 << 20));
    Launcher.Result made = Launcher.run("ip", "netns", "add", namespace);
    Assumptions.assumeTrue(made.exitCode() == 0, "SKIPPED: no network namespaces: " + made);
    // In RAM where there is such a place: a disk that writes each frame through takes minutes.
    Path memory = Path.of("/dev/shm");
    Path file =
        Files.isDirectory(memory)
            ? Files.createTempFile(memory, "shelf", ".img")
            : Files.createTempFile("shelf", ".img");
    AoeSan san = new AoeSan(namespace, file);
    try {
      shell("truncate -s %d %s".formatted(sizeBytes, file));
      shell(
          "ip link add %1$sn mtu %2$d type veth peer name %1$sf mtu %2$d netns %1$s"
              .formatted(namespace, mtu));
      san.linkUp();
      shell("ip -n %1$s link set %1$sf up".formatted(namespace));
      san.startVblade();
      return san;
    } catch (IOException | InterruptedException | Error e) {
      san.close();
      throw e;
    }
  }

  private static void shell(String command) throws IOException, InterruptedException {
    Launcher.run("sh", "-c", command).orFail();
  }

  /** For the configuration. */
  String shelf() {
    return "aoe:" + namespace + "n/7.0";
  }

  void startVblade() throws IOException {
    vblade =
        new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                namespace,
                "vblade",
                "-s",
                "7",
                "0",
                namespace + "f",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
  }

  /** SIGSTOP for this long. */
  void pause(int seconds) throws IOException, InterruptedException {
    hang();
    TimeUnit.SECONDS.sleep(seconds);
    goOn();
  }

  /** SIGSTOP. */
  void hang() throws IOException, InterruptedException {
    shell("kill -STOP " + vblade.pid());
  }

  /** SIGCONT. */
  void goOn() throws IOException, InterruptedException {
    shell("kill -CONT " + vblade.pid());
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    vblade.destroyForcibly().waitFor();
  }

  /** SIGKILL, and a new one after this long. */
  void restart(int seconds) throws IOException, InterruptedException {
    kill();
    TimeUnit.SECONDS.sleep(seconds);
    startVblade();
  }

  /** Our end of the cable goes down for this long; vblade ends when its own loses the carrier. */
  void flap(int seconds) throws IOException, InterruptedException {
    shell("ip link set " + namespace + "n down");
    TimeUnit.SECONDS.sleep(seconds);
    linkUp();
    if (vblade.waitFor(200, TimeUnit.MILLISECONDS)) {
      startVblade();
    }
  }

  private void linkUp() throws IOException, InterruptedException {
    shell("ip link set " + namespace + "n up");
  }

  @Override
  public void close() throws IOException {
    if (vblade != null) {
      vblade.destroyForcibly().onExit().orTimeout(30, TimeUnit.SECONDS).join();
    }
    try {
      shell("ip netns del " + namespace);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
    Files.delete(file);
  }
}
