package io.twinlog.deploy.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A shelf of its own, in a network namespace: a durable vblade behind a cable, or at a switch. */
final class AoeSan implements AutoCloseable {

  private final String namespace;
  private final String served;
  private final Path file;
  private final boolean ownsNamespace;
  private Process vblade;

  private AoeSan(String namespace, String served, Path file, boolean ownsNamespace) {
    this.namespace = namespace;
    this.served = served;
    this.file = file;
    this.ownsNamespace = ownsNamespace;
  }

  /** At a switch, where each node has a cable, and so an address, of its own. */
  static AoeSan start(AoeSwitch network, long sizeBytes) throws IOException, InterruptedException {
    Tools.need("vblade");
    AoeSan san = new AoeSan(network.namespace(), AoeSwitch.BRIDGE, newFile(), false);
    try {
      shell("truncate -s %d %s".formatted(sizeBytes, san.file));
      san.startVblade();
      return san;
    } catch (IOException | InterruptedException | Error e) {
      san.close();
      throw e;
    }
  }

  /** In RAM where there is such a place: a disk that writes each frame through takes minutes. */
  private static Path newFile() throws IOException {
    Path memory = Path.of("/dev/shm");
    return Files.isDirectory(memory)
        ? Files.createTempFile(memory, "shelf", ".img")
        : Files.createTempFile("shelf", ".img");
  }

  /** Skips the test where there can be none. */
  static AoeSan start(int mtu, long sizeBytes) throws IOException, InterruptedException {
    Tools.need("ip", "vblade");
    String namespace = String.format("ts%05x", ThreadLocalRandom.current().nextInt(1 << 20));
    Launcher.Result made = Launcher.run("ip", "netns", "add", namespace);
    Assumptions.assumeTrue(made.exitCode() == 0, "SKIPPED: no network namespaces: " + made);
    AoeSan san = new AoeSan(namespace, namespace + "f", newFile(), true);
    try {
      shell("truncate -s %d %s".formatted(sizeBytes, san.file));
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
    return shelf(namespace + "n");
  }

  /** The same, as who reaches it through that interface names it. */
  String shelf(String interfaceName) {
    return "aoe:" + interfaceName + "/7.0";
  }

  void startVblade() throws IOException {
    vblade =
        new ProcessBuilder(
                "ip", "netns", "exec", namespace, "vblade", "-s", "7", "0", served, file.toString())
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
      if (ownsNamespace) {
        shell("ip netns del " + namespace);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
    Files.delete(file);
  }
}
