package io.twinlog.appliance.config;

import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one node of a {@code nodes} block. */
final class NodeReader {

  private static final String NBD_FORM = Endpoint.TCP_FORM + ", or unix:/PATH, or a list of these";

  private final String name;

  NodeReader(String name) {
    this.name = name;
  }

  /** Empty without an address for the peer; then a problem was noted. */
  Optional<NodeConfig> read(Section block) {
    Optional<Endpoint.Tcp> peer = tcp(block, "peer", block.require("peer", Endpoint.TCP_FORM));
    if (peer.isPresent() && peer.get().host().matches("0\\.0\\.0\\.0|::")) {
      block.wrong(
          "peer",
          "is where the peer finds this node, not any address; allowed: " + Endpoint.TCP_FORM);
    }
    List<Endpoint> nbd = nbd(block);
    Optional<Endpoint.Tcp> metrics = tcp(block, "metrics", block.find("metrics"));
    Optional<AoeEndpoint> aoe = aoe(block);
    block.finish();
    return peer.map(address -> new NodeConfig(name, address, nbd, aoe, metrics));
  }

  private static Optional<Endpoint.Tcp> tcp(
      Section block, String key, Optional<ConfigValue> given) {
    Optional<Endpoint.Tcp> address = Optional.empty();
    for (ConfigValue value : block.texts(key, given, Endpoint.TCP_FORM)) {
      address = Endpoint.parseTcp(ConfigLoader.text(value));
      if (address.isEmpty()) {
        block.bad(key, value, "is no address", Endpoint.TCP_FORM);
      }
    }
    return address;
  }

  private static Optional<AoeEndpoint> aoe(Section block) {
    Optional<AoeEndpoint> endpoint = Optional.empty();
    for (ConfigValue value : block.texts("aoe", block.find("aoe"), AoeEndpoint.FORM)) {
      endpoint = AoeEndpoint.parse(ConfigLoader.text(value));
      if (endpoint.isEmpty()) {
        block.bad("aoe", value, "is no place for an AoE target", AoeEndpoint.FORM);
      }
    }
    return endpoint;
  }

  private static List<Endpoint> nbd(Section block) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (ConfigValue value : block.texts("nbd", block.find("nbd"), NBD_FORM)) {
      Optional<Endpoint> endpoint = Endpoint.parse(ConfigLoader.text(value));
      if (endpoint.isEmpty()) {
        block.bad("nbd", value, "is no address", NBD_FORM);
      } else if (endpoints.contains(endpoint.get())) {
        block.bad("nbd", value, "is listed twice", NBD_FORM);
      } else {
        endpoints.add(endpoint.get());
      }
    }
    return endpoints;
  }
}
