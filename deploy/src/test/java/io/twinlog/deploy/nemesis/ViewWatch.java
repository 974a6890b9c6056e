package io.twinlog.deploy.nemesis;

import io.twinlog.appliance.admin.AdminClient;
import io.twinlog.appliance.admin.AdminException;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.nemesis.history.ViewSeen;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Event;
import io.twinlog.proto.admin.EventsRequest;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Follows a node's events from one process to the next, and notes the views it learns of. */
final class ViewWatch implements Runnable {

  private static final long RETRY_MILLIS = 20;

  /** {@code 5 {alpha*,beta}}: the primary has a star. */
  private static final Pattern VIEW = Pattern.compile("(\\d+) \\{(?:[^}*]*,)?(?:(\\w+)\\*)?[^}]*}");

  private final NodeProcess node;
  private final History history;

  /** What to add to the time of day, which both nodes and we have, for our clock. */
  private final long clockNanos =
      System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());

  private ViewWatch(NodeProcess node, History history) {
    this.node = node;
    this.history = history;
  }

  /** Follows in the background until this process ends. */
  static void start(NodeProcess node, History history) {
    Thread thread = new Thread(new ViewWatch(node, history), "views-" + node.name());
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void run() {
    while (true) {
      EventsRequest events = EventsRequest.newBuilder().setResource("r0").build();
      try (AdminClient client = node.ask(Request.newBuilder().setEvents(events).build())) {
        for (Reply reply = client.next(0); reply != null; reply = client.next(0)) {
          note(reply.getEvent());
        }
      } catch (AdminException e) {
        // It does not run.
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS));
    }
  }

  private void note(Event event) {
    history.tell(
        "%s %s %s -> %s %s"
            .formatted(
                node.name(), event.getKind(), event.getFrom(), event.getTo(), event.getDetail())
            .strip());
    Matcher view = VIEW.matcher(event.getTo());
    if (event.getKind().equals("view") && view.lookingAt()) {
      String primary = view.group(2) == null ? "" : view.group(2);
      // The present state may be older than the moment at which it is told.
      long seen =
          event.getFrom().isEmpty()
              ? ViewSeen.SOME_TIME
              : clockNanos + TimeUnit.MILLISECONDS.toNanos(event.getTimeMillis());
      history.add(new ViewSeen(Long.parseLong(view.group(1)), primary, node.name(), seen));
    }
  }
}
