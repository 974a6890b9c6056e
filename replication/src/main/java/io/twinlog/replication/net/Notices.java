package io.twinlog.replication.net;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Lines about a link that keeps failing: the same line comes through once a minute at most, and not
 * more than 20 different ones a minute, for some of their words come from strangers. Thread-safe.
 */
final class Notices {

  /** Where lines go that are worth telling. */
  @FunctionalInterface
  interface Sink {
    /** {@code state} is a word that scripts can match: refused, unreachable or drift. */
    void notice(String state, String line);
  }

  private static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final int MAX_LINES = 20;

  private final LongSupplier nanoTime;
  private final Sink sink;
  private final Map<String, Long> told = new LinkedHashMap<>();

  Notices(LongSupplier nanoTime, Sink sink) {
    this.nanoTime = nanoTime;
    this.sink = sink;
  }

  void tell(String state, String line) {
    if (isNews(line)) {
      sink.notice(state, line);
    }
  }

  /** Whatever was told may be told again: the link has been up in between. */
  synchronized void reset() {
    told.clear();
  }

  private synchronized boolean isNews(String line) {
    long now = nanoTime.getAsLong();
    told.values().removeIf(at -> now - at >= PERIOD_NANOS);
    return told.size() < MAX_LINES && told.putIfAbsent(line, now) == null;
  }
}
