package io.twinlog.appliance.config;

import java.util.List;
import java.util.Optional;

/**
 * One node of a resource.
 *
 * @param peer where it listens for its peer, and where its peer finds it
 * @param nbd where it serves NBD clients; may be empty
 * @param aoe where it serves AoE clients
 * @param metrics where it serves Prometheus
 */
public record NodeConfig(
    String name,
    Endpoint.Tcp peer,
    List<Endpoint> nbd,
    Optional<AoeEndpoint> aoe,
    Optional<Endpoint.Tcp> metrics) {

  public NodeConfig {
    nbd = List.copyOf(nbd);
  }
}
