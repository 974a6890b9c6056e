package io.twinlog.replication.core;

/** State of the link to the peer. */
public enum Connection {
  /** The operator, or a refusal, has taken the link down; it is not tried again by itself. */
  STANDALONE,
  /** No link; it is being tried. */
  CONNECTING,
  /** Linked. */
  CONNECTED,
  /** Linked; this node fills the peer's copy. */
  SYNC_SOURCE,
  /** Linked; the peer fills this node's copy. */
  SYNC_TARGET
}
