package io.twinlog.replication.net;

import io.twinlog.replication.core.ReplicaEvent;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A resource's events: each is one log line, goes to every subscriber and is kept for a while.
 * Thread-safe; a slow subscriber loses events and is told how many, and slows nobody.
 */
public final class EventFeed {

  private static final int KEPT = 256;

  private static final Logger LOG = LoggerFactory.getLogger(EventFeed.class);

  private final String resource;
  private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private final ArrayDeque<Entry> recent = new ArrayDeque<>(KEPT);

  EventFeed(String resource) {
    this.resource = resource;
  }

  /**
   * An event and its place in the feed.
   *
   * @param at by the wall clock
   * @param lost how many events the subscriber lost right before this one
   */
  public record Entry(Instant at, ReplicaEvent event, long lost) {}

  /** The last events, oldest first; at most 256. */
  public List<Entry> recent() {
    synchronized (recent) {
      return List.copyOf(recent);
    }
  }

  /**
   * Begins to collect events for one reader.
   *
   * @param capacity how many events may wait for it
   * @param wake called after an event was added, on the publisher's thread; must not block
   */
  public Subscription subscribe(int capacity, Runnable wake) {
    Subscription subscription = new Subscription(capacity, wake);
    subscriptions.add(subscription);
    return subscription;
  }

  /**
   * Adds an event; any thread may.
   *
   * @param at by the wall clock
   */
  public void publish(Instant at, ReplicaEvent event) {
    LOG.info(
        "{} {}: {} -> {} {}", resource, event.kind(), event.from(), event.to(), event.detail());
    Entry entry = new Entry(at, event, 0);
    synchronized (recent) {
      if (recent.size() == KEPT) {
        recent.remove();
      }
      recent.add(entry);
    }
    subscriptions.forEach(subscription -> subscription.add(entry));
  }

  /** One reader's queue. */
  public final class Subscription implements AutoCloseable {
    private final ArrayDeque<Entry> queue;
    private final int capacity;
    private final Runnable wake;
    private long lost;

    private Subscription(int capacity, Runnable wake) {
      this.capacity = capacity;
      this.wake = wake;
      this.queue = new ArrayDeque<>(capacity);
    }

    /** The next event, or null when there is none at present. */
    public synchronized Entry poll() {
      return queue.poll();
    }

    /** Ends the subscription; idempotent. */
    @Override
    public void close() {
      subscriptions.remove(this);
    }

    private void add(Entry entry) {
      synchronized (this) {
        if (queue.size() == capacity) {
          lost++;
          return;
        }
        queue.add(lost == 0 ? entry : new Entry(entry.at(), entry.event(), lost));
        lost = 0;
      }
      wake.run();
    }
  }
}
