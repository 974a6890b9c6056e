package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.process.Launcher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A bridge with a network namespace for each node on it; clients are where the test is. Every way
 * between two places can be cut, in one direction or in both, and a node's cable be pulled. It is
 * made inside of a network namespace and a mount namespace of the test's own, and goes with them.
 *
 * <p>A direction is cut by sending its frames to an Ethernet address that nobody has: nothing tells
 * the sender, as when a switch fails.
 */
final class Network {

  /** The nodes' names, in the order of their numbers. */
  static final List<String> NODES = List.of("alpha", "beta");

  private static final String BRIDGE = "br0";
  private static final String CLIENTS = "clients";
  private static final String NOBODY = "02:00:00:00:00:99";
  private static final Map<String, Integer> PLACES = Map.of("alpha", 1, "beta", 2, CLIENTS, 254);

  private Network() {}

  static Network make() throws IOException, InterruptedException {
    // Names of namespaces live in /run/netns, which is to be nobody else's.
    run("mount", "-t", "tmpfs", "tmpfs", "/run");
    ip("link", "set", "lo", "up");
    ip("link", "add", BRIDGE, "address", mac(CLIENTS), "type", "bridge");
    ip("addr", "add", address(CLIENTS) + "/24", "dev", BRIDGE);
    ip("link", "set", BRIDGE, "up");
    for (String node : NODES) {
      ip("netns", "add", node);
      ip("link", "add", cable(node), "type", "veth", "peer", "name", "eth0", "netns", node);
      ip("link", "set", cable(node), "master", BRIDGE, "up");
      ip("-n", node, "link", "set", "lo", "up");
      ip("-n", node, "link", "set", "eth0", "address", mac(node), "up");
      ip("-n", node, "addr", "add", address(node) + "/24", "dev", "eth0");
    }
    Network network = new Network();
    network.heal();
    return network;
  }

  /** Where a node is found. */
  static String address(String place) {
    return "10.77.0." + PLACES.get(place);
  }

  /** What runs a command in a node's namespace, in the same process. */
  static List<String> inside(String node) {
    return List.of("nsenter", "--net=/run/netns/" + node);
  }

  private static String mac(String place) {
    return "02:00:00:00:00:%02x".formatted(PLACES.get(place));
  }

  private static String cable(String node) {
    return "v-" + node;
  }

  /** What a node sends does not reach the other any more. */
  void cut(String from, String to) throws IOException, InterruptedException {
    send(from, to, NOBODY);
  }

  /** Neither hears from the other any more. */
  void cutBoth(String one, String other) throws IOException, InterruptedException {
    cut(one, other);
    cut(other, one);
  }

  /** What the clients send does not reach the node any more. */
  void cutClients(String node) throws IOException, InterruptedException {
    send(CLIENTS, node, NOBODY);
  }

  /** Pulls a node's cable, which it notices. */
  void unplug(String node) throws IOException, InterruptedException {
    ip("link", "set", cable(node), "down");
  }

  /** Mends everything. */
  void heal() throws IOException, InterruptedException {
    for (String from : PLACES.keySet()) {
      if (!from.equals(CLIENTS)) {
        ip("link", "set", cable(from), "up");
      }
      for (String to : PLACES.keySet()) {
        if (!from.equals(to)) {
          send(from, to, mac(to));
        }
      }
    }
  }

  private static void send(String from, String to, String mac)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if (!from.equals(CLIENTS)) {
      command.addAll(List.of("-n", from));
    }
    command.addAll(List.of("neigh", "replace", address(to), "lladdr", mac));
    command.addAll(List.of("dev", from.equals(CLIENTS) ? BRIDGE : "eth0", "nud", "permanent"));
    ip(command.toArray(String[]::new));
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    Launcher.run(command).orFail();
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Launcher.run(command).orFail();
  }
}
