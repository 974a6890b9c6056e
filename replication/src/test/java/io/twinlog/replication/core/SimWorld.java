package io.twinlog.replication.core;

import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.View;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Two real replicas on a simulated link, backing and clock, with clients, operators and faults, all
 * chosen by one seed. After each event the history checks the promise; when the faults end, the
 * pair has to come back to two equal copies that serve.
 */
final class SimWorld {
  private static final int BLOCKS = 8;
  static final int DEVICE_BYTES = BLOCKS * BlockTable.BLOCK_BYTES;
  private static final int TRACE_LINES = 1000;
  private static final boolean TRACE_IO = Boolean.getBoolean("twinlog.sim.io");
  private static final int CLIENT_REQUESTS = 6;

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

  private record Event(long at, long order, Runnable action) {}

  private final SimOptions options;
  private final SplittableRandom random;
  private final PriorityQueue<Event> queue =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.order, b.order));
  private final SimShelf shelf;
  private final SimNetwork network;
  private final History history;
  private final BackingChecks backingChecks;
  private final SimNode[] nodes = new SimNode[2];
  private final ReplicaConfig[] configs = new ReplicaConfig[2];
  private final ArrayDeque<String> trace = new ArrayDeque<>();
  private final Map<String, Integer> counts = new TreeMap<>();

  private long now;
  private long order;
  private long events;
  private long requestId;
  private final int[] open = new int[2];
  private boolean calm;
  private boolean lossAccepted;
  private long acknowledgedWrites;
  private final SimVerify verify = new SimVerify(this);

  SimWorld(SimOptions options) {
    this.options = options;
    this.random = new SplittableRandom(options.seed());
    Layout layout = Layout.of(DEVICE_BYTES, 512, ringBytes(options));
    boolean automatic = random.nextBoolean() || options.isolation();
    boolean flushToLog = random.nextInt(4) == 0;
    for (int node = 0; node < 2; node++) {
      configs[node] =
          new ReplicaConfig(
              "r0",
              new UUID(7, 7),
              node,
              List.of("alpha", "beta"),
              layout,
              flushToLog,
              automatic,
              TIMING,
              DEVICE_BYTES,
              DEVICE_BYTES * 4L);
      nodes[node] = new SimNode(this, node);
    }
    shelf = new SimShelf(this, layout);
    network = new SimNetwork(this);
    history = new History(this, DEVICE_BYTES);
    backingChecks = new BackingChecks(this, configs[0]);
  }

  /** As small as it may be: twice the largest batch, and a piece. */
  private static long ringBytes(SimOptions options) {
    long headers = BLOCKS / options.pieceBlocks();
    long batch = (BLOCKS + headers) * BlockTable.BLOCK_BYTES;
    long piece = (options.pieceBlocks() + 1L) * BlockTable.BLOCK_BYTES;
    return Math.max(2 * batch + piece, Layout.minimumRingBytes(DEVICE_BYTES));
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

  SimShelf shelf() {
    return shelf;
  }

  SimNetwork network() {
    return network;
  }

  History history() {
    return history;
  }

  BackingChecks backingChecks() {
    return backingChecks;
  }

  SimVerify verify() {
    return verify;
  }

  boolean lossAccepted() {
    return lossAccepted;
  }

  long events() {
    return events;
  }

  Map<String, Integer> counts() {
    return counts;
  }

  long acknowledgedWrites() {
    return acknowledgedWrites;
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
    trace.add("%.6f node %d: %s".formatted(now / 1e9, node.index(), what));
  }

  /** Traced only when one seed is looked at closely: {@code -Dtwinlog.sim.io=true}. */
  void traceIo(SimNode node, java.util.function.Supplier<String> what) {
    if (TRACE_IO) {
      trace(what.get(), node);
    }
  }

  String traceText() {
    return String.join("\n", trace);
  }

  /** Plays the whole seed; throws {@link SimFailure} when the promise is broken. */
  void run() {
    begin();
    runUntil(options.activeNanos());
    converge();
  }

  /** The nodes, clients, operators and faults start. */
  void begin() {
    nodes[0].start();
    nodes[1].start();
    network.dial();
    after(random.nextLong(50_000_000), this::clientTurn);
    after(random.nextLong(50_000_000), this::operatorTurn);
    if (options.faults()) {
      after(random.nextLong(400_000_000), this::faultTurn);
    }
    after(1_000_000, this::checkTurn);
  }

  private void runUntil(long end) {
    while (now < end && step()) {}
  }

  /** The next event happens; false when there is none. */
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

  // ---- Clients ----

  private void clientTurn() {
    after(random.nextLong(calm ? 20_000_000 : 8_000_000), this::clientTurn);
    SimNode node = nodes[random.nextInt(2)];
    if (!node.isAlive() || node.isPaused() || open[node.index()] >= CLIENT_REQUESTS) {
      return;
    }
    if (node.replica().isPrimary()) {
      int burst = 1 + random.nextInt(3);
      for (int i = 0;
          i < burst && open[node.index()] < CLIENT_REQUESTS && node.replica().isPrimary();
          i++) {
        SimRequest request = request(node);
        open[node.index()]++;
        node.deliver(node.life(), () -> node.replica().submit(request));
      }
    }
  }

  private SimRequest request(SimNode node) {
    int choice = random.nextInt(20);
    Command command =
        choice < 6
            ? Command.READ
            : choice < 7
                ? Command.FLUSH
                : choice < 8 ? Command.TRIM : choice < 9 ? Command.WRITE_ZEROES : Command.WRITE;
    if (command == Command.FLUSH) {
      return new SimRequest(node, ++requestId, command, 0, 0);
    }
    int unit = random.nextInt(4) == 0 ? 1 : 512;
    int offset = random.nextInt(DEVICE_BYTES / unit) * unit;
    int most = random.nextInt(8) == 0 ? DEVICE_BYTES : 2 * BlockTable.BLOCK_BYTES;
    int length = Math.min(DEVICE_BYTES - offset, (1 + random.nextInt(most / unit)) * unit);
    return new SimRequest(node, ++requestId, command, offset, length);
  }

  void answered(SimRequest request) {
    open[request.node().index()]--;
    if (request.command().isWrite()) {
      acknowledgedWrites++;
    }
    count("answered " + request.command());
  }

  void dropped(SimRequest request) {
    open[request.node().index()]--;
    count("dropped");
  }

  // ---- Operators ----

  private void operatorTurn() {
    after(10_000_000 + random.nextLong(calm ? 200_000_000 : 300_000_000), this::operatorTurn);
    SimNode node = nodes[random.nextInt(2)];
    if (!node.isAlive() || node.isPaused()) {
      return;
    }
    boolean served = isServed();
    int choice = random.nextInt(40);
    if (!served && (choice < 30 || calm)) {
      boolean loss = (calm || choice < 2) && choice % 2 == 0 && bothWereLost();
      promote(node, choice == 7 && !calm, loss);
    } else if (calm) {
      ask(node, "connect", outcome -> node.replica().connect(outcome));
    } else if (choice == 31 || choice == 35) {
      ask(node, "switchover", outcome -> node.replica().switchover(outcome));
    } else if (choice == 32) {
      ask(node, "demote", outcome -> node.replica().demote(outcome));
    } else if (choice == 33) {
      ask(node, "disconnect", outcome -> node.replica().disconnect(outcome));
    } else if (choice == 34 || choice == 38) {
      ask(node, "connect", outcome -> node.replica().connect(outcome));
    } else if (choice == 36) {
      ask(node, "resync", outcome -> node.replica().resync(outcome));
    } else if (choice == 37) {
      ask(node, "flush", outcome -> node.replica().flush(outcome));
    } else if (choice == 39) {
      promote(node, false, false);
    }
  }

  /** Whether the copies of the latest view's members are gone, so that nothing better can come. */
  private boolean bothWereLost() {
    View view = history.view(history.latestView());
    if (view == null) {
      return false;
    }
    for (int i = 0; i < 2; i++) {
      Replica replica = nodes[i].replica();
      boolean there = nodes[i].isAlive() || nodes[i].isRamKept();
      if (view.isMember(i) && there && view.incarnation(i) == replica.incarnation()) {
        return false;
      }
    }
    return true;
  }

  private boolean isServed() {
    for (SimNode node : nodes) {
      if (node.isAlive() && node.replica().isPrimary()) {
        return true;
      }
    }
    return false;
  }

  private void promote(SimNode node, boolean force, boolean acceptLoss) {
    if (acceptLoss) {
      lossAccepted = true;
    }
    String verb = "promote" + (force ? " force" : "") + (acceptLoss ? " loss" : "");
    ask(node, verb, outcome -> node.replica().promote(force, acceptLoss, outcome));
  }

  void ask(SimNode node, String verb, java.util.function.Consumer<Outcome> question) {
    if (!calm || !verb.equals("connect")) {
      trace("operator: " + verb, node);
    }
    node.deliver(
        node.life(),
        () ->
            question.accept(
                new Outcome() {
                  @Override
                  public void done(String detail) {
                    if (!calm || !verb.equals("connect")) {
                      trace(verb + " done: " + detail, node);
                    }
                    count(verb + " done");
                  }

                  @Override
                  public void refused(String reason) {
                    trace(verb + " refused: " + reason, node);
                    count(verb + " refused");
                  }
                }));
  }

  // ---- Faults ----

  private void faultTurn() {
    if (calm) {
      return;
    }
    after(20_000_000 + random.nextLong(500_000_000), this::faultTurn);
    SimNode node = nodes[random.nextInt(2)];
    if (options.isolation() && random.nextInt(3) != 0) {
      network.heal();
      isolateInCheckpoint(0);
      return;
    }
    int choice = random.nextInt(18);
    switch (choice) {
      case 0, 1 -> crash(node);
      case 2 -> {
        crash(nodes[0]);
        crash(nodes[1]);
        if (random.nextBoolean()) {
          shelf.losePower();
          nodes[0].loseRam();
          nodes[1].loseRam();
          count("power loss");
        }
      }
      case 3, 4 -> startIfDead(node);
      case 5, 6 -> pause(node);
      case 7, 8 -> {
        network.cut[node.index()] = true;
        count("one-way cut");
      }
      case 9 -> {
        network.cut[0] = true;
        network.cut[1] = true;
        count("cut");
      }
      case 10, 11 -> network.heal();
      case 12, 13 -> {
        network.reset();
        count("reset");
      }
      case 14 -> {
        long until = now + random.nextLong(600_000_000);
        shelf.stalledUntil[0] = until;
        shelf.stalledUntil[1] = until;
        count("backing stall");
      }
      case 15, 16 -> isolate(node);
      default -> {
        shelf.failing[node.index()] = true;
        count("backing errors");
        after(random.nextLong(400_000_000), () -> shelf.failing[node.index()] = false);
      }
    }
  }

  /** Nobody hears of the node, and its queue to the backing hangs: what it began lands late. */
  private void isolate(SimNode node) {
    shelf.stalledUntil[node.index()] = now + random.nextLong(1_500_000_000);
    network.cut[node.index()] = true;
    count("isolated with a hanging queue");
  }

  private void isolateInCheckpoint(int tries) {
    if (calm) {
      return;
    }
    for (SimNode node : nodes) {
      if (node.isAlive() && node.replica().isPrimary() && node.replica().isWritingInPlace()) {
        isolate(node);
        return;
      }
    }
    if (tries < 2000) {
      after(200_000, () -> isolateInCheckpoint(tries + 1));
    }
  }

  private void crash(SimNode node) {
    if (!node.isAlive()) {
      return;
    }
    count("crash");
    node.crash();
    // Its clients' requests have died with it.
    open[node.index()] = 0;
    backingChecks.check();
    after(random.nextLong(600_000_000), () -> startIfDead(node));
  }

  private void startIfDead(SimNode node) {
    if (!node.isAlive()) {
      count("restart");
      node.start();
    }
  }

  private void pause(SimNode node) {
    if (!node.isAlive() || node.isPaused()) {
      return;
    }
    count("pause");
    node.pause();
    long life = node.life();
    long length = random.nextLong(random.nextBoolean() ? 100_000_000 : 1_500_000_000);
    after(
        length,
        () -> {
          if (node.life() == life && node.isPaused()) {
            node.resume();
          }
        });
  }

  private void checkTurn() {
    after(30_000_000, this::checkTurn);
    if (verify.isSpoilt()) {
      return;
    }
    history.checkCopy(nodes[0]);
    history.checkCopy(nodes[1]);
    if (random.nextInt(6) == 0) {
      backingChecks.check();
    }
  }

  // ---- The end ----

  /** Without faults the pair comes back: two equal copies, a primary, and requests answered. */
  void converge() {
    calm = true;
    network.heal();
    shelf.stalledUntil[0] = 0;
    shelf.stalledUntil[1] = 0;
    shelf.failing[0] = false;
    shelf.failing[1] = false;
    for (SimNode node : nodes) {
      startIfDead(node);
      if (node.isPaused()) {
        node.resume();
      }
    }
    long end = now + 40_000_000_000L;
    while (!isConverged()) {
      if (now > end || !step()) {
        throw new SimFailure("the pair does not come back; " + state());
      }
    }
    long writes = acknowledgedWrites;
    while (acknowledgedWrites < writes + 3) {
      if (now > end || !step()) {
        throw new SimFailure("the pair does not answer; " + state());
      }
    }
    history.checkCopy(nodes[0]);
    history.checkCopy(nodes[1]);
    backingChecks.check();
  }

  private boolean isConverged() {
    View view = history.view(history.latestView());
    return view != null
        && view.members() == 3
        && nodes[0].replica().view() != null
        && nodes[1].replica().view() != null
        && nodes[0].replica().view().number() == view.number()
        && nodes[1].replica().view().number() == view.number()
        && nodes[0].replica().isMember()
        && nodes[1].replica().isMember();
  }

  private String state() {
    StringBuilder text = new StringBuilder();
    for (SimNode node : nodes) {
      text.append("\n  node ").append(node.index()).append(": ");
      text.append(node.isAlive() ? "" : "dead ").append(node.replica().report());
    }
    return text.toString();
  }
}
