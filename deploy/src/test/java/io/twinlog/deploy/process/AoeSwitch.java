package io.twinlog.deploy.process;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Assumptions;

/** A switch in a network namespace, with a cable for alpha, beta and a client each. */
final class AoeSwitch implements AutoCloseable {

  /** The interface of the switch itself. */
  static final String BRIDGE = "br0";

  private static final List<String> USERS = List.of("alpha", "beta", "client");

  private final String namespace;

  private AoeSwitch(String namespace) {
    this.namespace = namespace;
  }

  /** Skips the test where there can be none. */
  static AoeSwitch start(int mtu) throws IOException, InterruptedException {
    Tools.need("ip");
    String namespace = String.format("tw%05x", ThreadLocalRandom.current().nextInt(1 << 20));
    Launcher.Result made = Launcher.run("ip", "netns", "add", namespace);
    Assumptions.assumeTrue(made.exitCode() == 0, "SKIPPED: no network namespaces: " + made);
    AoeSwitch network = new AoeSwitch(namespace);
    try {
      // Its address stays the same when ports come and go.
      network.shell("ip -n %s link add br0 address 02:00:5e:10:00:fe type bridge");
      for (String user : USERS) {
        network.shell(
            "ip link add "
                + network.port(user)
                + " mtu "
                + mtu
                + " type veth peer name "
                + user
                + " mtu "
                + mtu
                + " netns %s");
        network.shell("ip link set " + network.port(user) + " up");
        network.shell("ip -n %s link set " + user + " up master br0");
      }
      network.shell("ip -n %s link set br0 up mtu " + mtu);
      return network;
    } catch (IOException | InterruptedException | Error e) {
      network.close();
      throw e;
    }
  }

  String namespace() {
    return namespace;
  }

  /** The interface on our side of someone's cable. */
  String port(String user) {
    return namespace + user.charAt(0);
  }

  private void shell(String command) throws IOException, InterruptedException {
    Launcher.run("sh", "-c", command.replace("%s", namespace)).orFail();
  }

  /** The cables end with the namespace. */
  @Override
  public void close() throws IOException {
    try {
      shell("ip netns del %s");
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
