package io.twinlog.deploy.nemesis;

import io.twinlog.appliance.admin.AdminClient;
import io.twinlog.appliance.admin.AdminException;
import io.twinlog.deploy.nemesis.fuse.StoragePaths;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.deploy.process.PairConfig;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.OperateRequest;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.StatusRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Two nodes in namespaces of their own, and shelves that both reach, each by paths of its own. */
final class Site implements AutoCloseable {

  /** Small, so that many resyncs fit into a run. */
  static final int SIZE_MIB = 16;

  /** More than the device, two rings, and what is beside them. */
  private static final long AOE_SHELF_BYTES = (8L * SIZE_MIB) << 20;

  private static final long ANSWER_MILLIS = 10_000;
  private static final long STATUS_MILLIS = 2_000;

  final NodeProcess alpha;
  final NodeProcess beta;
  final Network network;
  private final San san;

  private Site(NodeProcess alpha, NodeProcess beta, Network network, San san) {
    this.alpha = alpha;
    this.beta = beta;
    this.network = network;
    this.san = san;
  }

  /**
   * A formatted pair that does not run yet.
   *
   * @param directory empty
   * @param options what shelves there are
   * @param more lines of the resource's configuration
   * @param javaOptions more of them for the nodes' processes
   */
  static Site make(Path directory, Options options, String more, String javaOptions)
      throws IOException, InterruptedException {
    Network network = Network.make();
    boolean isFiles = options.san().isFiles();
    // In RAM where each frame is written through: a disk would take minutes.
    Path place = isFiles ? directory : Path.of("/run");
    List<Path> files =
        IntStream.rangeClosed(1, options.shelves())
            .mapToObj(shelf -> place.resolve("shelf" + shelf + ".img"))
            .toList();
    PairConfig config =
        new PairConfig(
            Network.address("alpha"),
            Network.address("beta"),
            SIZE_MIB,
            files.get(0),
            "a secret of theirs",
            more);
    String opened = isFiles ? "" : "?buffered";
    NodeProcess alpha =
        node(
            "alpha",
            directory,
            config.with(shelves(files.stream().map(f -> "file:" + f + opened).toList())));
    NodeProcess beta = node("beta", directory, config);
    alpha.javaOptions(javaOptions);
    beta.javaOptions(javaOptions);
    if (!isFiles) {
      for (Path file : files) {
        AoeSan.setSize(file, AOE_SHELF_BYTES);
      }
    }
    alpha.twinlog("create", "r0").orFail();
    San san =
        isFiles
            ? FuseSan.serve(directory, files, (long) SIZE_MIB << 20)
            : AoeSan.serve(files, options.san() == San.Kind.AOE_KEPT, options.seed());
    for (NodeProcess node : List.of(alpha, beta)) {
      node.configure(config.with(san.configuration(node.name())));
    }
    return new Site(alpha, beta, network, san);
  }

  /** The configuration's line for these shelves. */
  static String shelves(List<String> specs) {
    return specs.stream()
        .map(spec -> "\"" + spec + "\"")
        .collect(Collectors.joining(", ", "backing { shelves = [", "] }"));
  }

  private static NodeProcess node(String name, Path directory, PairConfig config) {
    return new NodeProcess(
        name,
        directory,
        PairConfig.ALPHA_NBD + (name.equals("alpha") ? 0 : 1),
        config,
        Network.inside(name));
  }

  List<NodeProcess> nodes() {
    return List.of(alpha, beta);
  }

  /** Starts the nodes that do not run, both at once; whether there were any. */
  boolean start() throws IOException {
    List<NodeProcess> ended = nodes().stream().filter(node -> !node.isAlive()).toList();
    for (NodeProcess node : ended) {
      node.begin();
    }
    ended.forEach(NodeProcess::awaitStart);
    return !ended.isEmpty();
  }

  NodeProcess peerOf(NodeProcess node) {
    return node == alpha ? beta : alpha;
  }

  /** A node's ways to the shelves. */
  StoragePaths path(NodeProcess node) {
    return san.path(node.name());
  }

  int shelves() {
    return san.count();
  }

  San san() {
    return san;
  }

  /** The shelves where they are vblades. */
  AoeSan aoe() {
    return (AoeSan) san;
  }

  /** What a node says, if it does within two seconds. */
  static Optional<ResourceStatus> status(NodeProcess node) {
    Request request =
        Request.newBuilder().setStatus(StatusRequest.newBuilder().setResource("r0")).build();
    try (AdminClient client = node.ask(request)) {
      Reply reply = client.next(STATUS_MILLIS);
      return reply == null ? Optional.empty() : Optional.of(reply.getStatus().getResources(0));
    } catch (AdminException e) {
      return Optional.empty();
    }
  }

  /** An operator's verb, and the answer to it in words. */
  static String operate(NodeProcess node, Action action) {
    return operate(node, OperateRequest.newBuilder().setAction(action));
  }

  /** The same of an action on a shelf, counted from 0. What a replaced one holds may be lost. */
  static String operate(NodeProcess node, Action action, int shelf) {
    return operate(
        node,
        OperateRequest.newBuilder()
            .setAction(action)
            .setShelf(shelf + 1)
            .setForce(action == Action.REPLACE_SHELF));
  }

  /** A promotion that gives up what may be missing. */
  static String acceptLoss(NodeProcess node) {
    return operate(node, OperateRequest.newBuilder().setAction(Action.PROMOTE).setAcceptLoss(true));
  }

  /** Has what is dirty logged; waits no longer than this, though it goes on. */
  static void flush(NodeProcess node, long limitMillis) {
    operate(node, OperateRequest.newBuilder().setAction(Action.FLUSH), limitMillis);
  }

  private static String operate(NodeProcess node, OperateRequest.Builder verb) {
    return operate(node, verb, ANSWER_MILLIS);
  }

  private static String operate(NodeProcess node, OperateRequest.Builder verb, long limitMillis) {
    verb.setResource("r0");
    try (AdminClient client = node.ask(Request.newBuilder().setOperate(verb).build())) {
      Reply reply = client.next(limitMillis);
      if (reply == null) {
        return "no answer";
      }
      return reply.hasRefused()
          ? "refused: " + reply.getRefused().getReason()
          : "done: " + reply.getDone().getDetail();
    } catch (AdminException e) {
      return "failed: " + e.getMessage();
    }
  }

  /** Lets everything through that was held up, so that the nodes can end, and ends them. */
  @Override
  public void close() throws IOException {
    san.letGo();
    alpha.close();
    beta.close();
    san.close();
  }
}
