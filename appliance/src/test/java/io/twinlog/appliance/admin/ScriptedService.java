package io.twinlog.appliance.admin;

import io.twinlog.proto.admin.Done;
import io.twinlog.proto.admin.Event;
import io.twinlog.proto.admin.EventsRequest;
import io.twinlog.proto.admin.NodeStatus;
import io.twinlog.proto.admin.OperateRequest;
import io.twinlog.proto.admin.Refused;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.StatusRequest;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/**
 * A node without replicas: has resource r0, refuses every action but a flush, and its changes are
 * those that a test adds.
 */
public final class ScriptedService implements AdminService {

  private final Queue<Event> changes = new ConcurrentLinkedQueue<>();
  private volatile Runnable wake = () -> {};

  /** Open as long as somebody follows the changes. */
  public final CountDownLatch unfollowed = new CountDownLatch(1);

  /** Adds a change of r0. */
  public void change(String kind, String from, String to) {
    changes.add(event(kind, from, to));
    wake.run();
  }

  private static Event event(String kind, String from, String to) {
    return Event.newBuilder()
        .setTimeMillis(1_767_323_045_678L)
        .setNode("alpha")
        .setResource("r0")
        .setKind(kind)
        .setFrom(from)
        .setTo(to)
        .build();
  }

  @Override
  public CompletionStage<Reply> status(StatusRequest request) {
    if (!request.getResource().isEmpty() && !request.getResource().equals("r0")) {
      return CompletableFuture.completedFuture(refused("node alpha has no resource"));
    }
    NodeStatus.Builder status = NodeStatus.newBuilder().setNode("alpha");
    status.addResources(ResourceStatus.newBuilder().setName("r0").setRole("secondary"));
    return CompletableFuture.completedFuture(Reply.newBuilder().setStatus(status).build());
  }

  @Override
  public CompletionStage<Reply> operate(OperateRequest request) {
    return switch (request.getAction()) {
      case FLUSH ->
          CompletableFuture.completedFuture(
              Reply.newBuilder().setDone(Done.newBuilder().setDetail("all logged")).build());
      case PROMOTE -> CompletableFuture.failedFuture(new IllegalStateException("a bug"));
      default -> CompletableFuture.completedFuture(refused("not now; try later"));
    };
  }

  @Override
  public CompletionStage<List<Reply>> presentState(EventsRequest request) {
    // What changes while the state is gathered is to come after it.
    change("copy", "inconsistent", "up-to-date");
    return CompletableFuture.completedFuture(
        List.of(
            Reply.newBuilder().setEvent(event("role", "", "secondary")).build(),
            Reply.newBuilder().setEvent(event("copy", "", "up-to-date")).build()));
  }

  @Override
  public Changes changes(EventsRequest request, Runnable wakeUp) {
    wake = wakeUp;
    return new Changes() {
      @Override
      public Event poll() {
        return changes.poll();
      }

      @Override
      public void close() {
        unfollowed.countDown();
      }
    };
  }

  private static Reply refused(String reason) {
    return Reply.newBuilder().setRefused(Refused.newBuilder().setReason(reason)).build();
  }
}
