package io.twinlog.replication.net;

import io.twinlog.replication.core.ReplicaConfig;
import java.util.UUID;

/**
 * Who a node is to its peer, for one resource.
 *
 * @param nodeIndex 0 or 1
 */
record LinkIdentity(
    String resource,
    UUID uuid,
    long deviceBytes,
    String node,
    String peer,
    int nodeIndex,
    SharedConfig config,
    Secret secret) {

  LinkIdentity {
    if (node.equals(peer)) {
      throw new IllegalArgumentException("both nodes are named " + node);
    }
  }

  static LinkIdentity of(
      ReplicaConfig config, long deviceBytes, SharedConfig shared, Secret secret) {
    return new LinkIdentity(
        config.resource(),
        config.uuid(),
        deviceBytes,
        config.nodeNames().get(config.node()),
        config.nodeNames().get(config.peer()),
        config.node(),
        shared,
        secret);
  }

  /** The node whose name sorts first dials, the other accepts. */
  boolean dials() {
    return node.compareTo(peer) < 0;
  }
}
