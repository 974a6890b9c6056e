package io.twinlog.blockdev.nbd;

import java.util.ArrayDeque;

/**
 * Bytes that the clients of one resource may have under way at a time: payloads on their way
 * through the device, and read replies until the socket has them. Who finds no room waits in line,
 * so a great request is not starved by small ones; one that alone exceeds the limit is let in when
 * nothing else is under way, so nobody waits for ever.
 *
 * <p>Not thread-safe: used on the event loop of the resource.
 */
public final class InflightBudget {

  /** One that waits in line. */
  interface Waiter {
    /** How much it waits for. */
    long wantedBytes();

    /** The bytes are its own now; called from within {@link #release}. */
    void granted();
  }

  private final long limitBytes;
  private final ArrayDeque<Waiter> line = new ArrayDeque<>();
  private long usedBytes;

  /** {@code limitBytes} is positive. */
  public InflightBudget(long limitBytes) {
    if (limitBytes <= 0) {
      throw new IllegalArgumentException("limitBytes " + limitBytes);
    }
    this.limitBytes = limitBytes;
  }

  /** Bytes under way now. */
  public long usedBytes() {
    return usedBytes;
  }

  /** Whether someone waits for room. */
  boolean isContended() {
    return !line.isEmpty();
  }

  /** Takes the bytes if there is room and nobody waits. */
  boolean tryAcquire(long bytes) {
    if (!line.isEmpty() || !fits(bytes)) {
      return false;
    }
    usedBytes += bytes;
    return true;
  }

  /** Lines up; the waiter must not be in the line already. */
  void await(Waiter waiter) {
    line.add(waiter);
  }

  /** Leaves the line; lets those behind go on. */
  void cancel(Waiter waiter) {
    if (line.remove(waiter)) {
      serveLine();
    }
  }

  void release(long bytes) {
    if (bytes < 0 || bytes > usedBytes) {
      throw new IllegalStateException("released " + bytes + " of " + usedBytes + " bytes in use");
    }
    usedBytes -= bytes;
    serveLine();
  }

  private void serveLine() {
    while (!line.isEmpty() && fits(line.peek().wantedBytes())) {
      Waiter waiter = line.remove();
      usedBytes += waiter.wantedBytes();
      waiter.granted();
    }
  }

  private boolean fits(long bytes) {
    return usedBytes == 0 || bytes <= limitBytes - usedBytes;
  }
}
