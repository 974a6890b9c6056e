package io.twinlog.replication.core;

/** State of one established connection to the peer. */
final class Link {
  final PeerOut out;
  final PeerHello peer;

  /** Whether the peer's nonce was read back from the backing: both use the same one. */
  boolean verified;

  /** Counted frames sent on this connection. */
  long sent;

  /** How many of these the peer has taken in. */
  long confirmedFrames;

  /** Counted frames taken in from the peer. */
  long received;

  /** Whether the peer is to be told of what was taken in. */
  boolean owesConfirmation;

  long heardNanos;
  long spokenNanos;

  /** Of the peer's present RAM content, as far as it has told. */
  long peerIncarnation;

  /** The peer as it last described itself. */
  Role peerRole;

  Copy peerCopy = Copy.UNKNOWN;

  Link(PeerOut out, PeerHello peer, long nowNanos) {
    this.out = out;
    this.peer = peer;
    this.peerIncarnation = peer.incarnation();
    this.peerRole = peer.role();
    this.heardNanos = nowNanos;
    this.spokenNanos = nowNanos;
  }
}
