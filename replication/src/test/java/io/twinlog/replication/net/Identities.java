package io.twinlog.replication.net;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.twinlog.replication.core.PeerHello;
import io.twinlog.replication.core.Role;
import java.util.Map;
import java.util.UUID;

/** Two nodes' identities, to be spoilt by tests. */
final class Identities {

  static final UUID OTHER_UUID = UUID.fromString("00000000-0000-0000-0000-00000000000f");

  String resource = "r0";
  UUID uuid = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
  long deviceBytes = Frames.DEVICE;
  String node;
  String peer;
  int nodeIndex;
  Map<String, String> config = Map.of("flush", "ram", "size", "64 MiB");
  String secret = "a secret";
  String refusal;
  int asked;

  private Identities(String node, String peer, int nodeIndex) {
    this.node = node;
    this.peer = peer;
    this.nodeIndex = nodeIndex;
  }

  /** Dials. */
  static Identities alpha() {
    return new Identities("alpha", "beta", 0);
  }

  /** Accepts. */
  static Identities beta() {
    return new Identities("beta", "alpha", 1);
  }

  LinkIdentity identity() {
    return new LinkIdentity(
        resource,
        uuid,
        deviceBytes,
        node,
        peer,
        nodeIndex,
        new SharedConfig(config),
        new Secret(secret.getBytes(UTF_8)));
  }

  PeerHello state() {
    return new PeerHello(
        nodeIndex, -7 - nodeIndex, 3, nodeIndex == 0 ? Role.PRIMARY : Role.SECONDARY, 17, 99);
  }
}
