package io.twinlog.replication.net;

/** The handshake ends here; the message says why, in words for both operators. */
final class HandshakeRefused extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean byPeer;

  private HandshakeRefused(String reason, boolean byPeer) {
    super(Text.printable(reason), null, false, false);
    this.byPeer = byPeer;
  }

  /** This node refuses; the peer is to be told. */
  static HandshakeRefused here(String reason) {
    return new HandshakeRefused(reason, false);
  }

  /** The peer has told that it refuses. */
  static HandshakeRefused byPeer(String reason) {
    return new HandshakeRefused(reason, true);
  }

  boolean isByPeer() {
    return byPeer;
  }
}
