package io.twinlog.appliance.node;

import io.twinlog.appliance.admin.AdminService;
import io.twinlog.appliance.text.Suggestions;
import io.twinlog.blockdev.aoe.AoeTarget;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.Done;
import io.twinlog.proto.admin.EventsRequest;
import io.twinlog.proto.admin.NodeStatus;
import io.twinlog.proto.admin.OperateRequest;
import io.twinlog.proto.admin.Refused;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.StatusRequest;
import io.twinlog.replication.core.ReplicaReport;
import io.twinlog.replication.net.OperatorAnswer;
import io.twinlog.replication.net.ResourceDriver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Answers administration from the drivers of a node's resources. */
final class NodeService implements AdminService {

  /** A role change waits for the backing; beyond this the operator is told to look again. */
  private static final int OPERATE_SECONDS = 60;

  private final String node;
  private final Map<String, ResourceDriver> drivers;
  private final Map<String, AoeTarget> targets;

  /**
   * Both maps by the resources' names.
   *
   * @param drivers in the order in which they are to be shown
   * @param targets of those that are served over AoE
   */
  NodeService(String node, Map<String, ResourceDriver> drivers, Map<String, AoeTarget> targets) {
    this.node = node;
    this.drivers = new LinkedHashMap<>(drivers);
    this.targets = Map.copyOf(targets);
  }

  @Override
  public CompletionStage<Reply> status(StatusRequest request) {
    if (isUnknown(request.getResource())) {
      return CompletableFuture.completedFuture(unknown(request.getResource()));
    }
    return reports(request.getResource()).thenApply(this::status);
  }

  @Override
  public CompletionStage<Reply> operate(OperateRequest request) {
    if (request.getAction() == Action.EMERGENCY_ON || request.getAction() == Action.EMERGENCY_OFF) {
      return emergency(request.getResource(), request.getAction() == Action.EMERGENCY_ON);
    }
    ResourceDriver driver = drivers.get(request.getResource());
    if (driver == null) {
      return CompletableFuture.completedFuture(unknown(request.getResource()));
    }
    CompletableFuture<OperatorAnswer> answer =
        switch (request.getAction()) {
          case PROMOTE -> driver.promote(request.getForce(), request.getAcceptLoss());
          case DEMOTE -> driver.demote();
          case SWITCHOVER -> driver.switchover();
          case CONNECT -> driver.connect();
          case DISCONNECT -> driver.disconnect();
          case RESYNC -> driver.resync();
          case PAUSE_RESYNC -> driver.pauseResync(true);
          case RESUME_RESYNC -> driver.pauseResync(false);
          case FLUSH -> driver.flush();
          case VERIFY ->
              request.getStop() ? driver.stopVerify() : driver.verify(request.getBacking());
          case FAIL_SHELF -> driver.failShelf(request.getShelf() - 1);
          case REPLACE_SHELF -> driver.replaceShelf(request.getShelf() - 1, request.getForce());
          case RESTORE_SHELF -> driver.restoreShelf(request.getShelf() - 1);
          case EMERGENCY_ON, EMERGENCY_OFF, ACTION_UNSPECIFIED, UNRECOGNIZED ->
              CompletableFuture.completedFuture(
                  new OperatorAnswer(false, "the node does not know this action: is it older?"));
        };
    if (request.getAction() == Action.VERIFY) {
      // It takes as long as it takes; status shows how far it is.
      return answer.copy().thenApply(NodeService::reply);
    }
    OperatorAnswer late =
        new OperatorAnswer(
            false,
            "no outcome within "
                + OPERATE_SECONDS
                + " s; it may still happen: see twinlog status "
                + request.getResource());
    // A copy: the driver's own future is not to be completed from here.
    return answer
        .copy()
        .completeOnTimeout(late, OPERATE_SECONDS, TimeUnit.SECONDS)
        .thenApply(NodeService::reply);
  }

  /** Of one resource, or of all: power fails for a whole machine. */
  private CompletionStage<Reply> emergency(String resource, boolean on) {
    if (isUnknown(resource)) {
      return CompletableFuture.completedFuture(unknown(resource));
    }
    CompletableFuture<String> lines = CompletableFuture.completedFuture("");
    for (Map.Entry<String, ResourceDriver> entry : selected(resource).entrySet()) {
      lines =
          lines.thenCombine(
              entry.getValue().emergency(on),
              (text, answer) ->
                  text + (text.isEmpty() ? "" : "\n") + entry.getKey() + ": " + answer.line());
    }
    return lines.thenApply(text -> reply(new OperatorAnswer(true, text)));
  }

  @Override
  public CompletionStage<List<Reply>> presentState(EventsRequest request) {
    if (isUnknown(request.getResource())) {
      return CompletableFuture.completedFuture(List.of(unknown(request.getResource())));
    }
    return reports(request.getResource())
        .thenApply(
            reports ->
                reports.stream()
                    .flatMap(report -> NodeEvents.presentState(node, report).stream())
                    .map(event -> Reply.newBuilder().setEvent(event).build())
                    .toList());
  }

  @Override
  public Changes changes(EventsRequest request, Runnable wake) {
    return NodeEvents.changes(node, selected(request.getResource()), wake);
  }

  private Map<String, ResourceDriver> selected(String resource) {
    if (resource.isEmpty()) {
      return drivers;
    }
    ResourceDriver driver = drivers.get(resource);
    return driver == null ? Map.of() : Map.of(resource, driver);
  }

  private CompletableFuture<List<ReplicaReport>> reports(String resource) {
    CompletableFuture<List<ReplicaReport>> all =
        CompletableFuture.completedFuture(new ArrayList<>());
    for (ResourceDriver driver : selected(resource).values()) {
      all =
          all.thenCombine(
              driver.report(),
              (list, report) -> {
                list.add(report);
                return list;
              });
    }
    return all;
  }

  private Reply status(List<ReplicaReport> reports) {
    NodeStatus.Builder status = NodeStatus.newBuilder().setNode(node);
    for (ReplicaReport report : reports) {
      ResourceStatus.Builder resource = StatusMapper.of(report);
      AoeTarget target = targets.get(report.name());
      if (target != null) {
        resource.setAoe(StatusMapper.aoe(target.counters()));
      }
      status.addResources(resource);
    }
    return Reply.newBuilder().setStatus(status).build();
  }

  private static Reply reply(OperatorAnswer answer) {
    return answer.done()
        ? Reply.newBuilder()
            .setDone(Done.newBuilder().setDetail(answer.line()).setWithLoss(answer.withLoss()))
            .build()
        : refused(answer.line());
  }

  private boolean isUnknown(String resource) {
    return !resource.isEmpty() && !drivers.containsKey(resource);
  }

  private Reply unknown(String resource) {
    return refused(
        "node "
            + node
            + " has no resource '"
            + resource
            + "'"
            + Suggestions.hint(resource, drivers.keySet())
            + "; it has: "
            + String.join(", ", drivers.keySet()));
  }

  private static Reply refused(String reason) {
    return Reply.newBuilder().setRefused(Refused.newBuilder().setReason(reason)).build();
  }
}
