package io.twinlog.deploy.process;

import io.twinlog.blockdev.aoe.FaultyWire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A shelf of its own, in a network namespace: a durable vblade at a switch, or behind a cable, in
 * which there may be a wire with faults.
 */
final class AoeSan implements AutoCloseable {

  private final String namespace;

  /** The interface that it serves. */
  private final String served;

  private final Path file;
  private final boolean ownsNamespace;
  private Process vblade;

  /** Null where the cable is one piece. */
  private FaultyWire wire;

  private AoeSan(String namespace, String served, Path file, boolean ownsNamespace) {
    this.namespace = namespace;
    this.served = served;
    this.file = file;
    this.ownsNamespace = ownsNamespace;
  }

  /** At a switch, where each node has a cable, and so an address, of its own. */
  static AoeSan start(AoeSwitch network, long sizeBytes) throws IOException, InterruptedException {
    Tools.need("vblade");
    Path file = newFile(sizeBytes);
    AoeSan san = new AoeSan(network.namespace(), AoeSwitch.BRIDGE, file, false);
    san.startVblade();
    return san;
  }

  /** Skips the test where there can be none. */
  static AoeSan start(int mtu, long sizeBytes) throws IOException, InterruptedException {
    AoeSan san = create(sizeBytes);
    return san.connected(() -> san.cable("n", "f", mtu, "netns " + san.namespace));
  }

  /** The same, behind a {@link #wire}, which has no faults yet. */
  static AoeSan behindWire(int mtu, long sizeBytes, long seed)
      throws IOException, InterruptedException {
    AoeSan san = create(sizeBytes);
    return san.connected(
        () -> {
          san.cable("n", "m", mtu, "");
          san.cable("p", "f", mtu, "netns " + san.namespace);
          shell("ip link set %1$sm up && ip link set %1$sp up".formatted(san.namespace));
          san.wire = FaultyWire.start(san.namespace + "m", san.namespace + "p", seed);
        });
  }

  private static AoeSan create(long sizeBytes) throws IOException, InterruptedException {
    Tools.need("ip", "vblade");
    String namespace = String.format("ts%05x", ThreadLocalRandom.current().nextInt(1 << 20));
    Launcher.Result made = Launcher.run("ip", "netns", "add", namespace);
    Assumptions.assumeTrue(made.exitCode() == 0, "SKIPPED: no network namespaces: " + made);
    return new AoeSan(namespace, namespace + "f", newFile(sizeBytes), true);
  }

  /** In RAM where there is such a place: a disk that writes each frame through takes minutes. */
  private static Path newFile(long sizeBytes) throws IOException {
    Path memory = Path.of("/dev/shm");
    Path file =
        Files.isDirectory(memory)
            ? Files.createTempFile(memory, "shelf", ".img")
            : Files.createTempFile("shelf", ".img");
    setSize(file, sizeBytes);
    return file;
  }

  private static void setSize(Path file, long bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(0);
      channel.write(ByteBuffer.allocate(1), bytes - 1);
    }
  }

  /** What lays the cable. */
  private interface Laying {
    void run() throws IOException, InterruptedException;
  }

  private AoeSan connected(Laying cable) throws IOException, InterruptedException {
    try {
      cable.run();
      linkUp();
      shell("ip -n %1$s link set %1$sf up".formatted(namespace));
      startVblade();
      return this;
    } catch (IOException | InterruptedException | Error e) {
      close();
      throw e;
    }
  }

  private void cable(String end, String otherEnd, int mtu, String where)
      throws IOException, InterruptedException {
    shell(
        "ip link add %1$s%2$s mtu %4$d type veth peer name %1$s%3$s mtu %4$d %5$s"
            .formatted(namespace, end, otherEnd, mtu, where));
  }

  private static void shell(String command) throws IOException, InterruptedException {
    Launcher.run("sh", "-c", command).orFail();
  }

  FaultyWire wire() {
    return wire;
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

  /** SIGTERM. */
  void stop() throws InterruptedException {
    vblade.destroy();
    vblade.waitFor();
  }

  /** SIGKILL, and another one that has nothing of what the first one had. */
  void restartEmpty() throws IOException, InterruptedException {
    kill();
    setSize(file, Files.size(file));
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
      if (wire != null) {
        wire.close();
        shell("ip link del " + namespace + "n");
      }
      if (ownsNamespace) {
        shell("ip netns del " + namespace);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
    Files.delete(file);
  }
}
