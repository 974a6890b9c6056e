package io.twinlog.blockdev.nbd;

/**
 * Finds out whether a client keeps bytes of the budget that others wait for and does nothing to
 * give them back: it neither sends the rest of a payload nor reads its replies. Asked now and then.
 */
final class StallWatch {

  private final PayloadCollector payloads;
  private final ReplyQueue replies;
  private final Admission admission;
  private long receivedBytes;
  private long lastProgress;
  private boolean owedBefore;

  StallWatch(PayloadCollector payloads, ReplyQueue replies, Admission admission) {
    this.payloads = payloads;
    this.replies = replies;
    this.admission = admission;
  }

  void received(int bytes) {
    receivedBytes += bytes;
  }

  /** Whether nothing has moved since the last call while others waited. */
  boolean hasStalled() {
    long progress = receivedBytes + replies.writtenBytes();
    boolean owes = payloads.isCollecting() || replies.pendingBytes() > 0;
    boolean stalled = owes && owedBefore && progress == lastProgress && admission.othersWait();
    owedBefore = owes;
    lastProgress = progress;
    return stalled;
  }
}
