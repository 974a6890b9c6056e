package io.twinlog.blockdev.shelf;

import io.twinlog.blockdev.sys.SystemCallException;

/**
 * One sync of a file at a time, for all its lanes: who asks while one is under way waits for the
 * next, together with everybody else who does. The kernel does the same with a disk's cache
 * flushes, so nothing is lost by it; what it is for is an order. When a sync has failed, that is
 * known before the next one begins, which may well succeed although the writes that the first was
 * to cover are gone.
 */
final class GroupSync {

  /** One fdatasync. */
  @FunctionalInterface
  interface Call {
    void sync() throws SystemCallException;
  }

  private final Call call;

  // Guarded by this.
  private long begun;
  private long ended;
  private long failures;
  private long lastFailed;
  private SystemCallException lastFailure;

  GroupSync(Call call) {
    this.call = call;
  }

  /** How many syncs have failed. */
  synchronized long failures() {
    return failures;
  }

  /** Returns when a sync that began after this call has succeeded. */
  void sync() throws SystemCallException {
    long wanted;
    synchronized (this) {
      wanted = begun + 1;
      awaitTurn(wanted);
      if (ended >= wanted) {
        throwIfFailed(wanted);
        return;
      }
      begun = wanted;
    }
    boolean done = false;
    try {
      call.sync();
      done = true;
    } catch (SystemCallException e) {
      synchronized (this) {
        lastFailure = e;
      }
      throw e;
    } finally {
      end(done);
    }
  }

  private synchronized void end(boolean done) {
    ended = begun;
    if (!done) {
      failures++;
      lastFailed = ended;
    }
    notifyAll();
  }

  private void throwIfFailed(long wanted) throws SystemCallException {
    if (lastFailed >= wanted) {
      throw lastFailure;
    }
  }

  /** Waits until the sync has ended, or is this thread's to begin. */
  private synchronized void awaitTurn(long wanted) {
    boolean interrupted = false;
    while (ended < wanted && begun > ended) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
