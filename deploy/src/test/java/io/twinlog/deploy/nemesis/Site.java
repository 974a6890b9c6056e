package io.twinlog.deploy.nemesis;

import io.twinlog.appliance.admin.AdminClient;
import io.twinlog.appliance.admin.AdminException;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.deploy.nemesis.fuse.FuseMount;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Two nodes in namespaces of their own, and shelves that both reach, each by paths of its own. */
final class Site implements AutoCloseable {

  /** Small, so that many resyncs fit into a run. */
  static final int SIZE_MIB = 16;

  private static final long ANSWER_MILLIS = 10_000;
  private static final long STATUS_MILLIS = 2_000;

  final NodeProcess alpha;
  final NodeProcess beta;
  final Network network;
  private final List<FuseMount> shelves;
  private final List<StoragePaths> paths;

  private Site(NodeProcess alpha, NodeProcess beta, Network network, List<FuseMount> shelves) {
    this.alpha = alpha;
    this.beta = beta;
    this.network = network;
    this.shelves = shelves;
    paths =
        IntStream.range(0, 2)
            .mapToObj(node -> new StoragePaths(shelves.stream().map(s -> s.path(node)).toList()))
            .toList();
  }

  /**
   * A formatted pair that does not run yet.
   *
   * @param directory empty
   * @param shelves how many
   * @param more lines of the resource's configuration
   * @param javaOptions more of them for the nodes' processes
   */
  static Site make(Path directory, int shelves, String more, String javaOptions)
      throws IOException, InterruptedException {
    List<Path> files =
        IntStream.rangeClosed(1, shelves)
            .mapToObj(shelf -> directory.resolve("shelf" + shelf + ".img"))
            .toList();
    PairConfig config =
        new PairConfig(
            Network.address("alpha"),
            Network.address("beta"),
            SIZE_MIB,
            files.get(0),
            "a secret of theirs",
            more);
    Network network = Network.make();
    NodeProcess alpha = node("alpha", directory, config.withShelves(files));
    NodeProcess beta = node("beta", directory, config);
    alpha.javaOptions(javaOptions);
    beta.javaOptions(javaOptions);
    alpha.twinlog("create", "r0").orFail();
    Stagger stagger = staggerOf(files);
    List<FuseMount> mounts = new ArrayList<>();
    List<Path> directories = new ArrayList<>();
    for (int shelf = 0; shelf < shelves; shelf++) {
      Path mount = Files.createDirectory(directory.resolve("san" + (shelf + 1)));
      directories.add(mount);
      mounts.add(
          FuseMount.mount(mount, files.get(shelf), stagger, shelf, List.of("alpha", "beta")));
    }
    for (NodeProcess node : List.of(alpha, beta)) {
      node.configure(
          config.withShelves(directories.stream().map(d -> d.resolve(node.name())).toList()));
    }
    return new Site(alpha, beta, network, mounts);
  }

  /** As {@code create} has made it. */
  private static Stagger staggerOf(List<Path> files) throws IOException {
    ShelfSpec spec = ShelfSpec.parse(ShelfSpec.FILE + files.get(0));
    try (Shelf shelf = spec.open("r0", (thread, e) -> e.printStackTrace())) {
      Layout layout = Layout.of((long) SIZE_MIB << 20, shelf.sectorBytes(), 0);
      return new Stagger(layout, files.size(), Stagger.DEFAULT_CHUNK_BYTES);
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
    return paths.get(node == alpha ? 0 : 1);
  }

  int shelves() {
    return shelves.size();
  }

  /** Another, empty medium is in a shelf's place, counted from 0. */
  void empty(int shelf) throws IOException {
    shelves.get(shelf).empty();
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

  private static String operate(NodeProcess node, OperateRequest.Builder verb) {
    verb.setResource("r0");
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
    for (FuseMount shelf : shelves) {
      shelf.close();
    }
  }
}
