package io.twinlog.appliance.node;

import io.netty.channel.EventLoopGroup;
import io.twinlog.appliance.admin.AdminServer;
import io.twinlog.appliance.config.Endpoint;
import io.twinlog.appliance.config.NodeConfig;
import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.appliance.config.TwinlogConfig;
import io.twinlog.blockdev.aoe.AoeTarget;
import io.twinlog.blockdev.sys.IoFlusher;
import io.twinlog.blockdev.sys.SystemCallException;
import io.twinlog.replication.net.OperatorAnswer;
import io.twinlog.replication.net.PeerAddress;
import io.twinlog.replication.net.PeerEndpoint;
import io.twinlog.replication.net.ResourceDriver;
import io.twinlog.replication.net.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running node: every resource of the configuration that has it. */
public final class Node implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Node.class);

  private final NodeOptions options;
  private final Consumer<String> panic;
  private final Closing open = new Closing();
  private final List<RunningResource> resources = new ArrayList<>();

  /** Of the resources that are served over AoE here. */
  private final Map<String, AoeTarget> targets = new HashMap<>();

  private Node(NodeOptions options, Consumer<String> panic) {
    this.options = options;
    this.panic = panic;
  }

  /**
   * Starts everything; returns when the node can be asked for its status.
   *
   * @param panic told that an invariant is broken or a thread that is needed has died: the process
   *     is to end at once. Called on any thread
   * @throws StartException when something is missing or taken; then nothing stays behind
   */
  public static Node start(TwinlogConfig config, NodeOptions options, Consumer<String> panic)
      throws StartException {
    Node node = new Node(options, panic);
    try {
      node.start(config);
      return node;
    } catch (IOException e) {
      node.closeAfter(e);
      throw new StartException(e.getMessage(), e);
    } catch (StartException | RuntimeException e) {
      node.closeAfter(e);
      throw e;
    }
  }

  private void start(TwinlogConfig config) throws StartException, IOException {
    config.warnings().forEach(warning -> LOG.warn("{}", warning));
    List<ResourceConfig> wanted = config.resourcesOf(options.node());
    DirectMemory.check(wanted);
    RunDir runDir = RunDir.take(options.runDir());
    List<Storage> storages = new ArrayList<>();
    open.add(() -> release(runDir, storages));
    markIoFlusher();
    // What takes time comes before anybody can connect.
    for (ResourceConfig resource : wanted) {
      Storage storage = Storage.open(resource, options, panic);
      open.add(storage::close);
      storages.add(storage);
    }
    int threads = Math.min(wanted.size(), Runtime.getRuntime().availableProcessors());
    EventLoopGroup group = Transport.newGroup(threads, "tl-loop");
    open.add(() -> shutDown(group));
    Map<Endpoint.Tcp, PeerEndpoint> endpoints = new HashMap<>();
    for (Storage storage : storages) {
      openResource(storage, endpoints, group);
    }
    NbdServers nbd = NbdServers.start(options.node(), resources, group);
    open.add(nbd::close);
    for (RunningResource resource : resources) {
      AoeTargets.start(resource, options.node(), panic)
          .ifPresent(
              aoe -> {
                open.add(aoe::close);
                targets.put(resource.config().name(), aoe);
              });
    }
    startMetrics(wanted);
    NodeService service = new NodeService(options.node(), drivers(), targets);
    resources.forEach(resource -> resource.driver().start());
    AdminServer admin = AdminServer.start(runDir.path(), service);
    open.add(admin::close);
  }

  /**
   * While an operation that was left behind may still land, no other process of the node is to
   * begin: the lock then ends with this process, which cannot end before that.
   */
  private static void release(RunDir runDir, List<Storage> storages) throws IOException {
    if (storages.stream().noneMatch(storage -> storage.backing().mayWriteLate())) {
      runDir.close();
    }
  }

  private void openResource(
      Storage storage, Map<Endpoint.Tcp, PeerEndpoint> endpoints, EventLoopGroup group)
      throws IOException {
    Endpoint.Tcp address = self(storage.config()).peer();
    PeerEndpoint endpoint = endpoints.get(address);
    if (endpoint == null) {
      endpoint = PeerEndpoint.open(new PeerAddress(address.host(), address.port()), group.next());
      open.add(endpoint::close);
      endpoints.put(address, endpoint);
    }
    RunningResource running = RunningResource.open(storage, options, endpoint, group.next(), panic);
    open.add(running.driver()::close);
    resources.add(running);
  }

  private void startMetrics(List<ResourceConfig> wanted) throws IOException {
    Optional<Endpoint.Tcp> address =
        wanted.stream().flatMap(resource -> self(resource).metrics().stream()).findFirst();
    if (address.isPresent()) {
      MetricsServer metrics =
          MetricsServer.start(address.get(), options.node(), drivers(), targets);
      open.add(metrics::close);
    }
  }

  private NodeConfig self(ResourceConfig resource) {
    return resource.nodes().get(resource.indexOf(options.node()));
  }

  private Map<String, ResourceDriver> drivers() {
    Map<String, ResourceDriver> drivers = new LinkedHashMap<>();
    resources.forEach(resource -> drivers.put(resource.config().name(), resource.driver()));
    return drivers;
  }

  /**
   * A client of the device may live on this host; threads started from here on inherit the mark.
   */
  private static void markIoFlusher() {
    try {
      IoFlusher.markThread();
    } catch (SystemCallException e) {
      LOG.debug("not marked as needed for writing memory back: {}", e.getMessage());
    }
  }

  /** Names of the resources that run here. */
  public List<String> resourceNames() {
    return List.copyOf(drivers().keySet());
  }

  /** Emergency mode of every resource: the machine's power may fail, or the danger is over. */
  public void emergency(boolean on) {
    drivers().forEach((name, driver) -> emergency(name, driver, on));
  }

  private static void emergency(String name, ResourceDriver driver, boolean on) {
    var unused = driver.emergency(on).thenAccept(answer -> LOG.warn("{}: {}", name, answer.line()));
  }

  /**
   * Ends this node's part in every resource in an orderly way (a primary puts everything on the
   * backing first), as far as the time suffices, then closes.
   */
  public void stop(Duration limit) throws IOException, InterruptedException {
    Map<String, CompletableFuture<OperatorAnswer>> answers = new LinkedHashMap<>();
    drivers().forEach((name, driver) -> answers.put(name, driver.stop()));
    long deadline = System.nanoTime() + limit.toNanos();
    for (Map.Entry<String, CompletableFuture<OperatorAnswer>> entry : answers.entrySet()) {
      awaitStop(entry.getKey(), entry.getValue(), deadline);
    }
    close();
  }

  private static void awaitStop(
      String resource, CompletableFuture<OperatorAnswer> future, long deadline)
      throws InterruptedException {
    try {
      OperatorAnswer answer =
          future.get(Math.max(deadline - System.nanoTime(), 0), TimeUnit.NANOSECONDS);
      if (answer.done()) {
        LOG.info("{}: stopped in order {}", resource, answer.line());
      } else {
        LOG.warn("{}: not stopped in order: {}", resource, answer.line());
      }
    } catch (TimeoutException e) {
      LOG.warn("{}: not stopped in order: no time left", resource);
    } catch (ExecutionException e) {
      LOG.warn("{}: not stopped in order", resource, e.getCause());
    }
  }

  /** Ends everything at once, without an orderly stop; idempotent. */
  @Override
  public void close() throws IOException {
    open.close();
  }

  private void closeAfter(Exception failure) {
    try {
      close();
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  private static void shutDown(EventLoopGroup group) {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
