package io.twinlog.replication.net;

import java.util.Map;

/**
 * How a resource reaches its peer.
 *
 * @param peer the peer's address, which the node dials whose name sorts first
 * @param endpoint where this node takes the peer's connection; shared by its resources
 * @param shared what both nodes' configurations should agree on, by name and without secrets; at
 *     most 500 names of at most 64 characters
 */
public record PeerSettings(
    PeerAddress peer, PeerEndpoint endpoint, Secret secret, Map<String, String> shared) {

  public PeerSettings {
    shared = Map.copyOf(shared);
  }
}
