package io.twinlog.deploy.nemesis;

import io.twinlog.appliance.admin.AdminClient;
import io.twinlog.appliance.admin.AdminException;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.deploy.nemesis.fuse.FuseMount;
import io.twinlog.deploy.nemesis.fuse.StoragePath;
import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.deploy.process.PairConfig;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.OperateRequest;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.StatusRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Two nodes in namespaces of their own, and a disk that both reach, each by a path of its own. */
final class Site implements AutoCloseable {

  /** Small, so that many resyncs fit into a run. */
  static final int SIZE_MIB = 16;

  private static final long ANSWER_MILLIS = 10_000;
  private static final long STATUS_MILLIS = 2_000;

  final NodeProcess alpha;
  final NodeProcess beta;
  final Network network;
  private final FuseMount disk;

  private Site(NodeProcess alpha, NodeProcess beta, Network network, FuseMount disk) {
    this.alpha = alpha;
    this.beta = beta;
    this.network = network;
    this.disk = disk;
  }

  /**
   * A formatted pair that does not run yet.
   *
   * @param directory empty
   * @param more lines of the resource's configuration
   * @param javaOptions more of them for the nodes' processes
   */
  static Site make(Path directory, String more, String javaOptions)
      throws IOException, InterruptedException {
    Path file = directory.resolve("r0.img");
    Path mount = Files.createDirectory(directory.resolve("san"));
    PairConfig config =
        new PairConfig(
            Network.address("alpha"),
            Network.address("beta"),
            SIZE_MIB,
            file,
            "a secret of theirs",
            more);
    Network network = Network.make();
    NodeProcess alpha = node("alpha", directory, config);
    NodeProcess beta = node("beta", directory, config);
    alpha.javaOptions(javaOptions);
    beta.javaOptions(javaOptions);
    alpha.twinlog("create", "r0").orFail();
    FuseMount disk = FuseMount.mount(mount, file, layoutOf(file), List.of("alpha", "beta"));
    alpha.configure(config.withBacking(mount.resolve("alpha")));
    beta.configure(config.withBacking(mount.resolve("beta")));
    return new Site(alpha, beta, network, disk);
  }

  /** As {@code create} has made it. */
  private static Layout layoutOf(Path file) throws IOException {
    ShelfSpec spec = new ShelfSpec.FileSpec(file, false);
    try (Shelf shelf = spec.open("r0", (thread, e) -> e.printStackTrace())) {
      return Layout.of((long) SIZE_MIB << 20, shelf.sectorBytes(), 0);
    }
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

  /** Starts the nodes that do not run, both at once. */
  void start() throws IOException {
    List<NodeProcess> ended = nodes().stream().filter(node -> !node.isAlive()).toList();
    for (NodeProcess node : ended) {
      node.begin();
    }
    ended.forEach(NodeProcess::awaitStart);
  }

  NodeProcess peerOf(NodeProcess node) {
    return node == alpha ? beta : alpha;
  }

  /** A node's way to the disk. */
  StoragePath path(NodeProcess node) {
    return disk.path(node == alpha ? 0 : 1);
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
    OperateRequest verb = OperateRequest.newBuilder().setResource("r0").setAction(action).build();
    try (AdminClient client = node.ask(Request.newBuilder().setOperate(verb).build())) {
      Reply reply = client.next(ANSWER_MILLIS);
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
    path(alpha).heal();
    path(beta).heal();
    alpha.close();
    beta.close();
    disk.close();
  }
}
