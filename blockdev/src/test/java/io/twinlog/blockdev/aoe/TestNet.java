package io.twinlog.blockdev.aoe;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;

/**
 * A network namespace of the test's own, with cables into it, and programs that run there. All of
 * it ends with {@link #close}.
 */
final class TestNet {

  private final String name;
  private final List<Process> processes = new ArrayList<>();
  private final List<String> nearCables = new ArrayList<>();
  private int cables;

  private TestNet(String name) {
    this.name = name;
  }

  /** Skips the test where namespaces cannot be made. */
  static TestNet create() throws IOException, InterruptedException {
    Programs.need("ip");
    String name = String.format("tl%05x", ThreadLocalRandom.current().nextInt(1 << 20));
    Process process = Programs.start("ip netns add " + name, new File("/dev/null"));
    Assumptions.assumeTrue(process.waitFor() == 0, "SKIPPED: no network namespaces here");
    return new TestNet(name);
  }

  /** Two interfaces joined by a cable, both up: ours, and one in the namespace. */
  record Cable(String near, String far) {}

  Cable cable(int mtu) throws IOException, InterruptedException {
    Cable cable = new Cable(name + "n" + cables, name + "f" + cables);
    cables++;
    Programs.run(
        "ip link add %1$s mtu %3$d type veth peer name %2$s mtu %3$d netns %4$s && ip link set %1$s up && ip -n %4$s link set %2$s up"
            .formatted(cable.near(), cable.far(), mtu, name));
    await(cable.near());
    return cable;
  }

  /** Two interfaces of ours, joined by a cable, both up. */
  Cable nearCable(int mtu) throws IOException, InterruptedException {
    Cable cable = new Cable(name + "a" + cables, name + "b" + cables);
    cables++;
    Programs.run(
        "ip link add %1$s mtu %3$d type veth peer name %2$s mtu %3$d && ip link set %1$s up && ip link set %2$s up"
            .formatted(cable.near(), cable.far(), mtu));
    nearCables.add(cable.near());
    await(cable.near());
    return cable;
  }

  private static void await(String interfaceName) throws IOException {
    Path state = Path.of("/sys/class/net", interfaceName, "operstate");
    for (int i = 0; i < 1000 && !Files.readString(state).startsWith("up"); i++) {
      LockSupport.parkNanos(10_000_000);
    }
  }

  /** Runs {@code ip -n NAMESPACE ...} for the far end of cables. */
  void far(String arguments) throws IOException, InterruptedException {
    Programs.run("ip -n " + name + " " + arguments);
  }

  /** Starts a program in the namespace. */
  Process start(String command) throws IOException {
    Process process =
        Programs.start("exec ip netns exec " + name + " " + command, new File("/dev/null"));
    processes.add(process);
    return process;
  }

  /** A durable vblade; the initiator waits until it answers. */
  Process vblade(AoeAddress address, Cable cable, Path file) throws IOException {
    return start(
        "vblade -s " + address.shelf() + " " + address.slot() + " " + cable.far() + " " + file);
  }

  /** Sends a process that was started here a signal, such as STOP. */
  static void signal(Process process, String signal) throws IOException, InterruptedException {
    Programs.run("kill -" + signal + " " + process.pid());
  }

  void close() throws IOException, InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly();
      process.waitFor(30, TimeUnit.SECONDS);
    }
    for (String cable : nearCables) {
      Programs.run("ip link del " + cable);
    }
    // The cables end with the namespace.
    Programs.run("ip netns del " + name);
  }
}
