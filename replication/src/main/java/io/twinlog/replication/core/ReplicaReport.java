package io.twinlog.replication.core;

import java.util.List;

/**
 * An immutable picture of a replica for status, metrics and the console.
 *
 * @param suspended why client requests wait, or empty
 * @param exposureBytes acknowledged bytes that only one RAM holds
 * @param exposureMillis how long the log takes for these, by what was measured
 * @param emergency whether emergency mode is on
 * @param fencing what guards against late writes of a former primary: {@code masks}, or {@code
 *     reserve} and what is still missing
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
    long exposureMillis,
    boolean emergency,
    String fencing,
    SyncProgress sync,
    VerifyState verify,
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
      boolean populated,
      List<ShelfState> shelves) {}

  /**
   * One of several shelves, as this node sees it; none of a backing with one.
   *
   * @param state "live", "failed" (not recorded as stale yet), "stale" or "filling"
   * @param error why it cannot be reached, or what keeps it stale; or empty
   * @param doneBytes filled so far, of {@code totalBytes}; both 0 when it is not being filled
   * @param filledBytes what this process has copied to it when it filled it last, rings included
   */
  public record ShelfState(
      String state, String error, long doneBytes, long totalBytes, long filledBytes) {}

  /**
   * Stale shelves that were brought up to date since the process started.
   *
   * @param bytes copied to them, rings included
   */
  public record FillCounters(long fills, long bytes) {}

  /**
   * A resync under way, this node being either side; the bytes are zero when none is.
   *
   * @param backingBytes those of {@code doneBytes} that the target has found in the backing
   * @param bytesPerSecond of the last seconds
   * @param whole whether every block is sent, and not those alone that changed
   * @param paused whether an operator has let resyncs wait
   * @param waitMillis how long an evicted peer still has to wait for its resync
   */
  public record SyncProgress(
      long doneBytes,
      long backingBytes,
      long totalBytes,
      long bytesPerSecond,
      boolean whole,
      boolean paused,
      long waitMillis) {

    /** Time left at the present rate; 0 when none is under way, or it does not move. */
    public long leftMillis() {
      long left = Math.max(totalBytes - doneBytes, 0);
      return bytesPerSecond == 0 ? 0 : (long) (left * 1000.0 / bytesPerSecond);
    }
  }

  /**
   * Resyncs since the process started, this node being either side.
   *
   * @param bytes of blocks sent and taken in, or received, or found in the backing
   * @param backingBytes of those, found in the backing
   */
  public record SyncCounters(long quick, long whole, long bytes, long backingBytes) {

    SyncCounters plus(SyncCounters other) {
      return new SyncCounters(
          quick + other.quick,
          whole + other.whole,
          bytes + other.bytes,
          backingBytes + other.backingBytes);
    }
  }

  /**
   * The verify under way, or the last one of this process.
   *
   * @param with {@code peer} or {@code backing}; empty when there was none
   * @param differingBytes in blocks known to differ from RAM
   * @param differences where those are, at most sixteen ranges
   * @param verifiedBytes compared since the process started
   * @param foundBytes found to differ since the process started
   */
  public record VerifyState(
      String with,
      boolean running,
      long doneBytes,
      long totalBytes,
      long bytesPerSecond,
      long differingBytes,
      List<Difference> differences,
      long verifiedBytes,
      long foundBytes) {

    public VerifyState {
      differences = List.copyOf(differences);
    }
  }

  /** A range in which the copy, {@code peer} or {@code backing}, is not what RAM is. */
  public record Difference(String copy, long offsetBytes, long lengthBytes) {
    String text() {
      return copy + " at " + offsetBytes + "+" + lengthBytes;
    }
  }

  /** Since the process started. */
  public record Counters(
      long readRequests,
      long writeRequests,
      long readBytes,
      long writtenBytes,
      long batches,
      long loggedBytes,
      long checkpoints,
      long viewChanges,
      SyncCounters resyncs,
      FillCounters shelves) {}
}
