package io.twinlog.replication.core;

/** A node's role for one resource. */
public enum Role {
  /** Serves clients, or has their requests suspended while a view is being changed. */
  PRIMARY,
  /** Serves nobody. */
  SECONDARY
}
