package io.twinlog.replication.core;

/** What a node's RAM is worth. */
public enum Copy {
  /** Holds every acknowledged write: a member of the latest view known. */
  UP_TO_DATE,
  /** Empty, or partly filled by a resync. */
  INCONSISTENT,
  /** Was a member once; a later view went on without it. */
  OUTDATED,
  /** Not known, such as of a peer that is not connected. */
  UNKNOWN
}
