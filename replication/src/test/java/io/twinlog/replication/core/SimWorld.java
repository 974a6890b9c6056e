package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.log.View;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Two real replicas on a simulated link, backing and clock, with clients, operators and faults, all
 * chosen by one seed. After each event the history checks the promise; when the faults end, what is
 * left has to serve.
 */
final class SimWorld {
  private static final int TRACE_LINES = 1000;
  private static final boolean TRACE_IO = Boolean.getBoolean("twinlog.sim.io");

  /** Faster than in the field, so that a short run sees every timeout. */
  private static final ReplicaConfig.Timing TIMING =
      new ReplicaConfig.Timing(
          Duration.ofMillis(20),
          Duration.ofMillis(120),
          Duration.ofMillis(200),
          Duration.ofMillis(40),
          Duration.ofMillis(50),
          Duration.ofMillis(200),
          Duration.ofMillis(30));

  private record Line(long at, int node, String what) {
    @Override
    public String toString() {
      return "%.6f node %d: %s".formatted(at / 1e9, node, what);
    }
  }

  private record Event(long at, long order, Runnable action) {}

  private final SimOptions options;
  private final SplittableRandom random;
  private final PriorityQueue<Event> queue =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
  private final SimShelves shelves;
  private final SimNetwork network;
  private final History history;
  private final BackingChecks backing;
  private final SimClients clients;
  private final SimOperators operators;
  private final SimBuffers buffers = new SimBuffers();
  private final SimNode[] nodes = new SimNode[2];
  private final ReplicaConfig[] configs = new ReplicaConfig[2];
  private final ArrayDeque<Line> trace = new ArrayDeque<>();
  private final Map<String, Integer> counts = new TreeMap<>();

  private long now;
  private long order;
  private long events;
  private boolean calm;
  private final SimVerify verify = new SimVerify(this);

  SimWorld(SimOptions options) {
    this.options = options;
    this.random = new SplittableRandom(options.seed());
    long deviceBytes = (long) options.blocks() * BlockTable.BLOCK_BYTES;
    Layout layout = Layout.of(deviceBytes, options.sectorBytes(), ringBytes(options));
    Stagger stagger = new Stagger(layout, options.shelves(), 2 * BlockTable.BLOCK_BYTES);
    boolean scripted = options.profile() == SimOptions.Profile.SCRIPTED;
    boolean automatic =
        !scripted && (random.nextBoolean() || options.profile() == SimOptions.Profile.ISOLATION);
    boolean flushToLog = !scripted && random.nextInt(4) == 0;
    for (int node = 0; node < 2; node++) {
      configs[node] =
          new ReplicaConfig(
              "r0",
              new UUID(7, 7),
              node,
              List.of("alpha", "beta"),
              stagger,
              flushToLog,
              automatic,
              TIMING,
              deviceBytes,
              deviceBytes * 4,
              ResyncRates.defaults(),
              new Fencing(
                  options.fence() != SimOptions.Fence.NONE,
                  options.fence().kept(options.shelves())),
              deadlines(options));
      nodes[node] = new SimNode(this, node);
    }
    shelves = new SimShelves(this, stagger);
    network = new SimNetwork(this);
    history = new History(this);
    backing = new BackingChecks(this, configs[0]);
    clients = new SimClients(this);
    operators = new SimOperators(this);
  }

  /** As of file shelves, and here and there one that ends everything by itself. */
  private static List<Duration> deadlines(SimOptions options) {
    List<Duration> deadlines = new ArrayList<>();
    for (int shelf = 0; shelf < options.shelves(); shelf++) {
      boolean none = (options.seed() / 16 + shelf) % 5 == 0;
      deadlines.add(none ? Duration.ZERO : Duration.ofMillis(250));
    }
    return deadlines;
  }

  /** As small as it may be: twice the largest batch, and a piece. */
  private static long ringBytes(SimOptions options) {
    long blocks = options.blocks();
    long headers = (blocks + options.pieceBlocks() - 1) / options.pieceBlocks();
    long batch = (blocks + headers) * BlockTable.BLOCK_BYTES;
    long piece = (options.pieceBlocks() + 1L) * BlockTable.BLOCK_BYTES;
    long least = Layout.minimumRingBytes(blocks * BlockTable.BLOCK_BYTES);
    return Math.max(2 * batch + piece, least);
  }

  SimOptions options() {
    return options;
  }

  SplittableRandom random() {
    return random;
  }

  long now() {
    return now;
  }

  SimNode node(int index) {
    return nodes[index];
  }

  ReplicaConfig config(int node) {
    return configs[node];
  }

  /** The only shelf, or the first. */
  SimShelf shelf() {
    return shelves.get(0);
  }

  SimShelves shelves() {
    return shelves;
  }

  SimNetwork network() {
    return network;
  }

  History history() {
    return history;
  }

  BackingChecks backing() {
    return backing;
  }

  SimVerify verify() {
    return verify;
  }

  SimBuffers buffers() {
    return buffers;
  }

  SimClients clients() {
    return clients;
  }

  SimOperators operators() {
    return operators;
  }

  /** Whether nothing goes wrong any more. */
  boolean isCalm() {
    return calm;
  }

  boolean isIoSlow() {
    return options.slowIo() && !calm;
  }

  long events() {
    return events;
  }

  Map<String, Integer> counts() {
    return counts;
  }

  void after(long delayNanos, Runnable action) {
    queue.add(new Event(now + delayNanos, order++, action));
  }

  void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  void trace(String what, SimNode node) {
    if (trace.size() == TRACE_LINES) {
      trace.remove();
    }
    trace.add(new Line(now, node.index(), what));
  }

  /** Traced only when one seed is looked at closely: {@code -Dtwinlog.sim.io=true}. */
  void traceIo(SimNode node, Supplier<String> what) {
    if (TRACE_IO) {
      trace(what.get(), node);
    }
  }

  String traceText() {
    return trace.stream().map(Line::toString).collect(Collectors.joining("\n"));
  }

  /** Both nodes start, and look for each other. */
  void start() {
    nodes[0].start();
    nodes[1].start();
    network.dial();
  }

  /** Plays the whole seed; throws {@link SimFailure} when the promise is broken. */
  void run() {
    begin();
    while (now < options.activeNanos() && step()) {}
    calm = true;
    new SimEnding(this).play();
  }

  /** The nodes, clients, operators and faults begin. */
  void begin() {
    start();
    clients.begin();
    operators.begin();
    new SimFaults(this).begin();
    after(1_000_000, this::checkTurn);
    count("profile: " + options.profile());
  }

  /** Without faults the pair comes back. */
  void converge() {
    calm = true;
    new SimEnding(this).pairComesBack();
  }

  /** The next event; false when there is none. */
  boolean step() {
    Event event = queue.poll();
    if (event == null) {
      return false;
    }
    now = event.at();
    events++;
    event.action().run();
    return true;
  }

  /** The process ends without a word, and the device has to be on the backing, or in the peer. */
  void crash(SimNode node) {
    node.crash();
    clients.died(node);
    backing.check();
  }

  private void checkTurn() {
    after(30_000_000, this::checkTurn);
    if (verify.isSpoilt()) {
      return;
    }
    history.checkCopy(nodes[0]);
    history.checkCopy(nodes[1]);
    if (random.nextInt(6) == 0) {
      backing.check();
    }
  }

  /** Whether both are members of the latest view, and one is primary. */
  boolean isPair() {
    View view = history.view(history.latestView());
    if (view == null || view.members() != 3 || view.primary() == View.NO_NODE) {
      return false;
    }
    for (SimNode node : nodes) {
      View known = node.replica().view();
      if (known == null || known.number() != view.number() || !node.replica().isMember()) {
        return false;
      }
    }
    return true;
  }

  String state() {
    StringBuilder text = new StringBuilder();
    for (SimNode node : nodes) {
      text.append("\n  node ").append(node.index()).append(": ");
      text.append(node.isAlive() ? "" : "dead ").append(node.replica().report());
    }
    return text.toString();
  }
}
