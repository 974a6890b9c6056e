package io.twinlog.appliance.node;

import io.twinlog.appliance.admin.AdminService.Changes;
import io.twinlog.proto.admin.Event;
import io.twinlog.replication.core.ReplicaEvent;
import io.twinlog.replication.core.ReplicaReport;
import io.twinlog.replication.net.EventFeed;
import io.twinlog.replication.net.ResourceDriver;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/** Events of a node's resources in the words of the administration protocol. */
final class NodeEvents {

  /** Changes that may wait for one reader. */
  private static final int CAPACITY = 1024;

  private NodeEvents() {}

  /** What a report says, as events that have no old state. */
  static List<Event> presentState(String node, ReplicaReport report) {
    Instant now = Instant.now();
    List<Event> events = new ArrayList<>();
    add(events, now, node, report, "role", StatusMapper.word(report.role()));
    add(events, now, node, report, "connection", StatusMapper.word(report.connection()));
    add(events, now, node, report, "copy", StatusMapper.word(report.copy()));
    add(events, now, node, report, "view", StatusMapper.describe(report.view()));
    add(events, now, node, report, "backing", report.backing().state());
    if (!report.suspended().isEmpty()) {
      add(events, now, node, report, "suspended", report.suspended());
    }
    return events;
  }

  private static void add(
      List<Event> events,
      Instant at,
      String node,
      ReplicaReport report,
      String kind,
      String state) {
    events.add(event(at, node, report.name(), new ReplicaEvent(kind, "", state, "")));
  }

  /** Collects the changes of some resources, by name. */
  static Changes changes(String node, Map<String, ResourceDriver> drivers, Runnable wake) {
    return new Subscriptions(node, drivers, wake);
  }

  private static Event event(Instant at, String node, String resource, ReplicaEvent event) {
    return Event.newBuilder()
        .setTimeMillis(at.toEpochMilli())
        .setNode(node)
        .setResource(resource)
        .setKind(event.kind())
        .setFrom(event.from())
        .setTo(event.to())
        .setDetail(event.detail())
        .build();
  }

  private record Named(String resource, EventFeed.Subscription subscription) {}

  /** Polled by one thread. */
  private static final class Subscriptions implements Changes {
    private final String node;
    private final List<Named> subscriptions = new ArrayList<>();
    private final Queue<Event> next = new ArrayDeque<>();

    Subscriptions(String node, Map<String, ResourceDriver> drivers, Runnable wake) {
      this.node = node;
      drivers.forEach(
          (name, driver) ->
              subscriptions.add(new Named(name, driver.events().subscribe(CAPACITY, wake))));
    }

    @Override
    public Event poll() {
      for (Named named : subscriptions) {
        if (!next.isEmpty()) {
          break;
        }
        EventFeed.Entry entry = named.subscription().poll();
        if (entry != null) {
          if (entry.lost() > 0) {
            ReplicaEvent lost = new ReplicaEvent("lost", "", entry.lost() + " events", "");
            next.add(event(entry.at(), node, named.resource(), lost));
          }
          next.add(event(entry.at(), node, named.resource(), entry.event()));
        }
      }
      return next.poll();
    }

    @Override
    public void close() {
      subscriptions.forEach(named -> named.subscription().close());
    }
  }
}
