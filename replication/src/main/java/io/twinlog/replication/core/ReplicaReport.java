package io.twinlog.replication.core;

import java.util.List;

/**
 * An immutable picture of a replica for status, metrics and the console.
 *
 * @param suspended why client requests wait, or empty
 * @param exposureBytes acknowledged bytes that only one RAM holds
 * @param pendingRequests client requests taken in and not yet answered
 */
public record ReplicaReport(
    String name,
    Role role,
    Connection connection,
    PeerState peer,
    Copy copy,
    ViewState view,
    BackingState backing,
    long exposureBytes,
    SyncProgress sync,
    String suspended,
    int pendingRequests,
    Counters counters) {

  /** The peer, as far as it has told. */
  public record PeerState(String node, Role role, Copy copy) {}

  /**
   * The latest view known to be chosen.
   *
   * @param primary a node's name, or empty
   */
  public record ViewState(long number, List<String> members, String primary, boolean complete) {}

  /**
   * The backing as this node sees it.
   *
   * @param state {@code ok}, or the error of the last failed operation
   * @param complete whether the backing alone can rebuild the device, for good
   * @param dirtyBytes committed and not yet in the log
   * @param dirtyAgeMillis how long the oldest of these has been so, 0 when none
   * @param committedNumber last committed write
   * @param loggedNumber last write that the log (or the data area) holds
   * @param checkpointNumber last published checkpoint
   * @param populated whether every block is in RAM
   */
  public record BackingState(
      String state,
      boolean complete,
      long dirtyBytes,
      long dirtyAgeMillis,
      long committedNumber,
      long loggedNumber,
      long checkpointNumber,
      long ringUsedBytes,
      long ringBytes,
      boolean populated) {}

  /** A resync under way; all zero when none. */
  public record SyncProgress(long doneBytes, long totalBytes, long bytesPerSecond) {}

  /** Since the process started. */
  public record Counters(
      long readRequests,
      long writeRequests,
      long readBytes,
      long writtenBytes,
      long batches,
      long loggedBytes,
      long checkpoints,
      long viewChanges) {}
}
