package io.twinlog.replication.net;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * Ticks on an event loop, some 20 ms after one another and never in a burst. After a long gap (the
 * process was stopped, or its machine was) the peer's frames of that time wait in the sockets:
 * these are read first, and the tick comes when nothing arrives any more, so that a silence that
 * was this node's own is not taken for the peer's (design, section 3, "Timing").
 */
final class Ticker {

  static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  static final long GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long DRAIN_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** The tick comes then even if more arrives: a busy link never falls silent. */
  private static final int MAX_DRAIN_STEPS = 100;

  private final EventLoop loop;
  private final LongSupplier nanoTime;
  private final LongSupplier readBursts;
  private final LongConsumer tick;
  private ScheduledFuture<?> next;
  private long lastNanos;
  private long burstsSeen;
  private int drainSteps;
  private boolean stopped;

  /**
   * Prepares it.
   *
   * @param readBursts grows whenever something was read from the peer
   * @param tick called on the loop with the time
   */
  Ticker(EventLoop loop, LongSupplier nanoTime, LongSupplier readBursts, LongConsumer tick) {
    this.loop = loop;
    this.nanoTime = nanoTime;
    this.readBursts = readBursts;
    this.tick = tick;
  }

  void start() {
    lastNanos = nanoTime.getAsLong();
    schedule(INTERVAL_NANOS);
  }

  /** On the loop; idempotent. */
  void stop() {
    stopped = true;
    if (next != null) {
      next.cancel(false);
    }
  }

  private void schedule(long delayNanos) {
    if (!stopped) {
      next = loop.schedule(this::run, delayNanos, TimeUnit.NANOSECONDS);
    }
  }

  private void run() {
    long now = nanoTime.getAsLong();
    if (now - lastNanos > GAP_NANOS && draining()) {
      // A later task of the loop: the sockets have their turn before it.
      schedule(DRAIN_STEP_NANOS);
      return;
    }
    drainSteps = 0;
    lastNanos = now;
    schedule(INTERVAL_NANOS);
    tick.accept(now);
  }

  private boolean draining() {
    long bursts = readBursts.getAsLong();
    boolean more = drainSteps == 0 || bursts != burstsSeen;
    burstsSeen = bursts;
    return more && ++drainSteps <= MAX_DRAIN_STEPS;
  }
}
