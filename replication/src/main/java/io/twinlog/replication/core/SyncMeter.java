package io.twinlog.replication.core;

/** How far a resync is, and how fast it goes: on both sides, for whoever looks at the status. */
final class SyncMeter {
  private static final long SAMPLE_NANOS = 1_000_000_000;

  private boolean active;
  private boolean whole;
  private long totalBytes;
  private long doneBytes;
  private long backingBytes;
  private long bytesPerSecond;
  private long sampleNanos;
  private long sampleDoneBytes;

  /** Of all resyncs since the process started. */
  private long everBytes;

  private long everBackingBytes;

  private long quickResyncs;
  private long wholeResyncs;

  void begin(boolean isWhole, long bytes, long nowNanos) {
    active = true;
    whole = isWhole;
    totalBytes = bytes;
    doneBytes = 0;
    backingBytes = 0;
    bytesPerSecond = 0;
    sampleNanos = nowNanos;
    sampleDoneBytes = 0;
    if (whole) {
      wholeResyncs++;
    } else {
      quickResyncs++;
    }
  }

  void end() {
    active = false;
  }

  void done(long bytes) {
    doneBytes += bytes;
    everBytes += bytes;
  }

  /** The target has found so much in the backing. */
  void fromBacking(long bytes) {
    done(bytes);
    backingBytes += bytes;
    everBackingBytes += bytes;
  }

  /** The rate is that of the last second or so, smoothed. */
  void tick(long nowNanos) {
    long nanos = nowNanos - sampleNanos;
    if (!active || nanos < SAMPLE_NANOS) {
      return;
    }
    long rate = (long) ((doneBytes - sampleDoneBytes) * 1e9 / nanos);
    bytesPerSecond = bytesPerSecond == 0 ? rate : (bytesPerSecond + rate) / 2;
    sampleNanos = nowNanos;
    sampleDoneBytes = doneBytes;
  }

  ReplicaReport.SyncProgress progress(boolean paused, long waitMillis) {
    return active
        ? new ReplicaReport.SyncProgress(
            doneBytes, backingBytes, totalBytes, bytesPerSecond, whole, paused, waitMillis)
        : new ReplicaReport.SyncProgress(0, 0, 0, 0, false, paused, waitMillis);
  }

  ReplicaReport.SyncCounters counters() {
    return new ReplicaReport.SyncCounters(quickResyncs, wholeResyncs, everBytes, everBackingBytes);
  }
}
