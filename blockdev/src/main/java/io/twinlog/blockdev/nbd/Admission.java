package io.twinlog.blockdev.nbd;

/**
 * How much one connection has under way, against its own limits and the budget of its resource. A
 * request that is refused is offered again when {@code resume} has been called.
 */
final class Admission implements InflightBudget.Waiter {

  private final InflightBudget budget;
  private final int maxRequests;
  private final long maxBytes;
  private final Runnable resume;
  private int requests;
  private long bytes;
  private long wantedBytes;
  private boolean inLine;
  private boolean granted;

  Admission(InflightBudget budget, NbdLimits limits, Runnable resume) {
    this.budget = budget;
    this.maxRequests = limits.requestsPerConnection();
    this.maxBytes = limits.bytesPerConnection();
    this.resume = resume;
  }

  /** Takes a request in, or says no and sees to it that {@code resume} is called in time. */
  boolean admit(int requestBytes) {
    if (inLine || requests >= maxRequests || (bytes > 0 && bytes + requestBytes > maxBytes)) {
      return false;
    }
    if (granted) {
      // The one request that was refused before; nothing overtakes it on this connection.
      granted = false;
    } else if (!budget.tryAcquire(requestBytes)) {
      wantedBytes = requestBytes;
      inLine = true;
      budget.await(this);
      return false;
    }
    requests++;
    bytes += requestBytes;
    return true;
  }

  /** A request is over; its bytes may still be held, see {@link #releaseBytes}. */
  void requestDone() {
    requests--;
    resume.run();
  }

  void releaseBytes(long released) {
    if (released > 0) {
      bytes -= released;
      budget.release(released);
      resume.run();
    }
  }

  /** Requests that are neither answered nor dropped. */
  int requests() {
    return requests;
  }

  /** Bytes this connection holds. */
  long bytes() {
    return bytes;
  }

  /** Whether another connection waits for bytes of the budget. */
  boolean othersWait() {
    return budget.isContended();
  }

  /** The connection takes no more requests. */
  void close() {
    if (inLine) {
      inLine = false;
      budget.cancel(this);
    }
    if (granted) {
      granted = false;
      budget.release(wantedBytes);
    }
  }

  @Override
  public long wantedBytes() {
    return wantedBytes;
  }

  @Override
  public void granted() {
    inLine = false;
    granted = true;
    resume.run();
  }
}
