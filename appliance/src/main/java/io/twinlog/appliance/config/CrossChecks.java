package io.twinlog.appliance.config;

import io.twinlog.blockdev.aoe.AoeAddress;
import io.twinlog.blockdev.shelf.ShelfSpec;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What must fit between the resources of one file. */
final class CrossChecks {

  private CrossChecks() {}

  /** Notes every conflict at the later resource's block in {@code root}. */
  static void check(List<ResourceConfig> resources, Section root) {
    Map<ShelfSpec, String> shelves = new HashMap<>();
    Map<Endpoint, String> peers = new HashMap<>();
    Map<AoeAddress, String> targets = new HashMap<>();
    Map<String, Endpoint.Tcp> metrics = new HashMap<>();
    for (ResourceConfig resource : resources) {
      String key = "resource " + resource.name();
      for (ShelfSpec shelf : resource.shelves()) {
        String other = shelves.putIfAbsent(shelf, resource.name());
        if (other != null) {
          root.wrong(key, shelf.text() + " is the backing of resource " + other + " too");
        }
      }
      checkAoe(resource, targets, root, key);
      for (NodeConfig node : resource.nodes()) {
        // A node has one listener for the peers of all its resources that name the address.
        String user = peers.putIfAbsent(node.peer(), node.name());
        if (user != null && !user.equals(node.name())) {
          root.wrong(
              key,
              "peer " + node.peer() + " of node " + node.name() + " is that of " + user + " too");
        }
        if (node.metrics().isPresent()) {
          Endpoint.Tcp first = metrics.putIfAbsent(node.name(), node.metrics().get());
          if (first != null && !first.equals(node.metrics().get())) {
            root.wrong(
                key,
                "metrics of node "
                    + node.name()
                    + " are at "
                    + first
                    + " already; a node has one address for them");
          }
        }
      }
      checkListeners(resource, root, key);
    }
    checkListenersAgainstPeers(resources, peers, root);
  }

  /** Clients find a resource by its shelf and slot, whichever node answers. */
  private static void checkAoe(
      ResourceConfig resource, Map<AoeAddress, String> targets, Section root, String key) {
    Set<AoeAddress> addresses = new LinkedHashSet<>();
    resource
        .nodes()
        .forEach(node -> node.aoe().ifPresent(endpoint -> addresses.add(endpoint.address())));
    if (addresses.size() > 1) {
      root.wrong(key, "aoe: both nodes must serve the same shelf and slot, not " + addresses);
    }
    for (AoeAddress address : addresses) {
      String other = targets.putIfAbsent(address, resource.name());
      if (other != null) {
        root.wrong(key, "aoe: " + address + " is resource " + other + " already");
      }
    }
  }

  /** Two nodes on one machine cannot listen at the same address. */
  private static void checkListeners(ResourceConfig resource, Section root, String key) {
    NodeConfig first = resource.nodes().get(0);
    NodeConfig second = resource.nodes().get(1);
    if (first.peer().host().equals(second.peer().host())) {
      for (Endpoint endpoint : second.nbd()) {
        if (first.nbd().contains(endpoint)) {
          root.wrong(key, "nbd " + endpoint + " is the address of both nodes");
        }
      }
    }
  }

  private static void checkListenersAgainstPeers(
      List<ResourceConfig> resources, Map<Endpoint, String> peers, Section root) {
    for (ResourceConfig resource : resources) {
      for (NodeConfig node : resource.nodes()) {
        for (Endpoint endpoint : node.nbd()) {
          String user = peers.get(endpoint);
          if (user != null) {
            root.wrong(
                "resource " + resource.name(),
                "nbd " + endpoint + " of node " + node.name() + " is the peer address of " + user);
          }
        }
      }
    }
  }
}
