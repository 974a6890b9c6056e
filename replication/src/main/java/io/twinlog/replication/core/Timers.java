package io.twinlog.replication.core;

import java.util.PriorityQueue;

/** What is to be done later; in the order of the due times, then of the calls. */
final class Timers {
  private record Timer(long dueNanos, long order, Runnable action) {}

  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(
          (a, b) ->
              a.dueNanos != b.dueNanos
                  ? Long.compare(a.dueNanos - b.dueNanos, 0)
                  : Long.compare(a.order, b.order));

  private long order;

  void add(long dueNanos, Runnable action) {
    timers.add(new Timer(dueNanos, order++, action));
  }

  void run(long nowNanos) {
    while (!timers.isEmpty() && timers.peek().dueNanos - nowNanos <= 0) {
      timers.remove().action().run();
    }
  }
}
