package io.twinlog.replication.core;

import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.log.Layout;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Two real replicas, a backing and a link, small enough for each thing that can happen next to be
 * tried. A world is copied, taken one {@link Step} further, and compared with those known.
 *
 * <p>A paused node takes nothing in, and its I/O hangs. A node's clock goes on only when it waits
 * for a timer.
 */
final class ExploredWorld {
  private static final Duration NEVER = Duration.ofDays(36_500);

  /** As far as a clock may go: less than any idle time that the core acts on. */
  private static final long CLOCK_NANOS = 1_900_000_000L;

  private static ReplicaConfig.Timing timing(boolean lazy) {
    return new ReplicaConfig.Timing(
        NEVER,
        NEVER,
        NEVER,
        NEVER,
        Duration.ofMillis(200),
        Duration.ofMillis(20),
        lazy ? NEVER : Duration.ZERO);
  }

  /** What can happen next. */
  enum Action {
    FRAME,
    IO,
    TIMER,
    CONNECT,
    RESUME,
    /** What follows by itself has come to rest. */
    REST,
    /** Something else than what has waited longest comes first. */
    DELAY,
    START,
    PAUSE,
    WRITE,
    READ,
    PROMOTE,
    SWITCHOVER,
    RESYNC,
    CUT,
    CRASH_LANDED,
    CRASH_TORN,
    CRASH_LOST;

    /** What it is counted as: all crashes are one. */
    Action budget() {
      return this == CRASH_TORN || this == CRASH_LANDED ? CRASH_LOST : this;
    }
  }

  /** One step: an action of a node, for {@link Action#IO} with which of its chains. */
  record Step(Action action, int node, int index, boolean isDelay) {
    Step(Action action, int node) {
      this(action, node, 0, false);
    }

    @Override
    public String toString() {
      return action + " " + node + (action == Action.IO ? "." + index : "");
    }
  }

  /** What nobody has to want. */
  private static final Set<Action> FOLLOWING =
      Set.of(Action.FRAME, Action.IO, Action.TIMER, Action.CONNECT);

  private final Set<Rule> rules;
  private final int blocks;
  private final ReplicaConfig[] configs = new ReplicaConfig[2];
  private final ExploredNode[] nodes = new ExploredNode[2];
  private final ExploredShelf shelf;
  private final ExploredPromise promise;
  private final Map<Action, Integer> budget = new EnumMap<>(Action.class);

  /** What happens in this order, or null when {@link #budget} says it; and how far it has come. */
  private List<Step> story;

  private int told;
  private ExploredLink link;
  private final boolean[] paused = new boolean[2];
  private long requests;
  private transient List<String> trace;

  /** {@code lazy}: connected, nothing is destaged by itself. */
  ExploredWorld(Set<Rule> rules, int blocks, boolean lazy) {
    this.rules = rules;
    this.blocks = blocks;
    long bytes = (long) blocks * BlockTable.BLOCK_BYTES;
    Layout layout = Layout.of(bytes, 512, Layout.minimumRingBytes(bytes));
    for (int node = 0; node < 2; node++) {
      configs[node] =
          new ReplicaConfig(
              "r0",
              new UUID(7, 7),
              node,
              List.of("alpha", "beta"),
              layout,
              false,
              false,
              timing(lazy),
              bytes,
              bytes * 4);
      nodes[node] = new ExploredNode(this, node);
    }
    shelf = new ExploredShelf(layout);
    promise = new ExploredPromise(blocks);
  }

  Set<Rule> rules() {
    return rules;
  }

  ReplicaConfig config(int node) {
    return configs[node];
  }

  ExploredShelf shelf() {
    return shelf;
  }

  ExploredPromise promise() {
    return promise;
  }

  ExploredNode node(int index) {
    return nodes[index];
  }

  /** Says how often what somebody has to want may happen from now on, in any order. */
  void allow(Map<Action, Integer> times) {
    budget.putAll(times);
  }

  /** Has these happen, in this order, each at any time, and so many delays besides. */
  void tell(List<Step> steps, int delays) {
    story = steps;
    budget.put(Action.DELAY, delays);
  }

  /** From now on events are written down. */
  void keepTrace(List<String> lines) {
    trace = lines;
  }

  void trace(int node, ReplicaEvent event) {
    if (trace != null) {
      trace.add(
          "    node %d: %s: %s -> %s %s"
              .formatted(node, event.kind(), event.from(), event.to(), event.detail()));
    }
  }

  /** Both nodes up, connected, node 0 primary, and nothing under way. */
  void settle() {
    nodes[0].start();
    nodes[1].start();
    rest();
    nodes[0].replica().promote(false, false, new Ignored());
    afterwards(nodes[0]);
    rest();
    if (!nodes[0].replica().isPrimary() || !nodes[0].replica().isPair()) {
      throw new IllegalStateException("there is no pair to begin with");
    }
  }

  private void rest() {
    for (List<Step> next = steps(); !next.isEmpty(); next = steps()) {
      take(next.get(0));
    }
  }

  /**
   * Everything that can happen next, in a fixed order. What follows by itself follows in one order,
   * frames first and timers last, as far as {@link Action#DELAY} does not allow others.
   */
  List<Step> steps() {
    List<Step> steps = follows();
    if (!steps.isEmpty() && budgetOf(Action.DELAY) == 0) {
      steps.subList(1, steps.size()).clear();
    }
    for (Action action : Action.values()) {
      for (int node = 0; node < 2; node++) {
        if (isWanted(action, node) && isPossible(action, node)) {
          steps.add(new Step(action, node));
        }
      }
    }
    return steps;
  }

  private int budgetOf(Action action) {
    return budget.getOrDefault(action, 0);
  }

  /** What the story goes on with, or any story may. */
  private boolean isWanted(Action action, int node) {
    if (story == null) {
      return action != Action.REST && (budgetOf(action.budget()) > 0 || action == Action.RESUME);
    }
    return told < story.size()
        && story.get(told).action() == action.budget()
        && story.get(told).node() == node;
  }

  private boolean isPossible(Action action, int node) {
    Replica replica = nodes[node].replica();
    boolean runs = runs(nodes[node]);
    return switch (action) {
      case START -> !nodes[node].isAlive();
      case RESUME -> paused[node];
      case REST -> follows().isEmpty();
      case PAUSE, CRASH_LOST -> runs;
      case CRASH_LANDED, CRASH_TORN -> runs && !shelf.pending(node).isEmpty();
      case WRITE, READ, SWITCHOVER, RESYNC -> runs && replica.isPrimary();
      case PROMOTE ->
          runs && !replica.isPrimary() && replica.view() != null && !replica.isPromoting();
      case CUT -> node == 0 && link != null && !link.isOver();
      case FRAME, IO, TIMER, CONNECT, DELAY -> false;
    };
  }

  private List<Step> follows() {
    List<Step> steps = new ArrayList<>();
    for (ExploredNode node : nodes) {
      if (runs(node) && link != null && link.hasFrameFor(node.index())) {
        follow(steps, Action.FRAME, node.index(), 0);
      }
    }
    for (ExploredNode node : nodes) {
      for (int chain = 0; runs(node) && chain < shelf.pending(node.index()).size(); chain++) {
        follow(steps, Action.IO, node.index(), chain);
      }
    }
    if ((link == null || link.isOver())
        && runs(nodes[0])
        && runs(nodes[1])
        && nodes[0].replica().wantsLink()
        && nodes[1].replica().wantsLink()) {
      follow(steps, Action.CONNECT, 0, 0);
    }
    for (ExploredNode node : nodes) {
      if (runs(node) && node.hasTimer(CLOCK_NANOS)) {
        follow(steps, Action.TIMER, node.index(), 0);
      }
    }
    return steps;
  }

  private boolean runs(ExploredNode node) {
    return node.isAlive() && !paused[node.index()];
  }

  private static void follow(List<Step> steps, Action action, int node, int index) {
    steps.add(new Step(action, node, index, !steps.isEmpty()));
  }

  /** Takes a step; a {@link SimFailure} tells that the promise is broken. */
  void take(Step step) {
    ExploredNode node = nodes[step.node()];
    if (trace != null) {
      trace.add(step + detail(step));
    }
    switch (step.action()) {
      case FRAME -> link.deliver(step.node(), node.replica());
      case IO -> advance(node, shelf.pending(step.node()).get(step.index()));
      case TIMER -> node.tick();
      case CONNECT ->
          link = new ExploredLink(nodes[0].replica().hello(), nodes[1].replica().hello());
      case START -> node.start();
      case PAUSE -> paused[step.node()] = true;
      case RESUME -> paused[step.node()] = false;
      case REST -> {}
      case DELAY -> throw new IllegalStateException("no step of its own");
      case WRITE -> submit(node, Command.WRITE);
      case READ -> submit(node, Command.READ);
      case PROMOTE -> node.replica().promote(false, false, new Ignored());
      case SWITCHOVER -> node.replica().switchover(new Ignored());
      case RESYNC -> node.replica().resync(new Ignored());
      case CUT -> link.cut();
      case CRASH_LANDED -> crash(node, ExploredShelf.Landing.LANDED);
      case CRASH_TORN -> crash(node, ExploredShelf.Landing.TORN);
      case CRASH_LOST -> crash(node, ExploredShelf.Landing.LOST);
    }
    if (step.isDelay()) {
      budget.merge(Action.DELAY, -1, Integer::sum);
    } else if (!FOLLOWING.contains(step.action())) {
      told++;
      budget.merge(step.action().budget(), -1, Integer::sum);
    }
    afterwards(node);
  }

  private String detail(Step step) {
    return switch (step.action()) {
      case FRAME -> " " + link.nextFor(step.node());
      case IO -> {
        ExploredShelf.Pending of = shelf.pending(step.node()).get(step.index());
        yield " " + of.chain.name() + " from step " + of.done;
      }
      default -> "";
    };
  }

  private void afterwards(ExploredNode node) {
    if (runs(node)) {
      do {
        node.endTurn();
      } while (shelf.sync(node.index()));
      promise.observe(node);
    }
  }

  private void advance(ExploredNode node, ExploredShelf.Pending of) {
    boolean wrote = shelf.advance(node.index(), of);
    if (of.isOver()) {
      of.chain.complete(null);
    }
    if (wrote) {
      ExploredBacking.check(this);
    }
  }

  private void crash(ExploredNode node, ExploredShelf.Landing landing) {
    shelf.crash(node.index(), landing);
    node.crash();
    if (link != null) {
      link.died(node.index());
    }
    ExploredBacking.check(this);
  }

  private void submit(ExploredNode node, Command command) {
    requests++;
    int block = (int) (requests % blocks);
    node.replica().submit(new ExploredRequest(node, command, requests, block, promise.seen()));
  }

  /** Nobody reads what an operator is told. */
  private static final class Ignored implements Outcome {
    @Override
    public void done(String detail) {}

    @Override
    public void refused(String reason) {}
  }

  // ---- Copies and comparison ----

  /**
   * What no decision depends on: counters for the operator, and times that are compared with
   * intervals set to "never". Timers count by how far off they are and by their order.
   */
  private static final Map<String, ObjectGraph.Weight> WEIGHTS =
      Map.ofEntries(
          none("Replica.now"),
          none("Link.heardNanos"),
          none("Link.spokenNanos"),
          none("Primary.waitingSinceNanos"),
          none("Primary.readRequests"),
          none("Primary.writeRequests"),
          none("Primary.readBytes"),
          none("Primary.writtenBytes"),
          none("Failover.lostNanos"),
          none("Failover.notBeforeNanos"),
          none("Destager.dirtySinceNanos"),
          none("Destager.lastLogNanos"),
          none("SyncSource.startedNanos"),
          none("SyncSource.settlingSinceNanos"),
          none("DigestWay.notBeforeNanos"),
          none("DigestWay.answeredNanos"),
          none("DigestWay.sampleSinceNanos"),
          none("Handover.sinceNanos"),
          none("Promotion.sinceNanos"),
          none("Views.viewChanges"),
          none("LogWriter.batches"),
          none("LogWriter.loggedBytes"),
          none("Checkpointer.checkpoints"),
          none("Timers.order"),
          none("Timer.order"),
          none("ExploredNode.nowNanos"),
          none("ExploredNode.world"),
          none("ExploredWorld.story"),
          Map.entry("Timer.dueNanos", ObjectGraph.Weight.TIME),
          Map.entry("Replica.lastCounterNanos", ObjectGraph.Weight.TIME),
          Map.entry("SyncSource.notBeforeNanos", ObjectGraph.Weight.TIME));

  private static Map.Entry<String, ObjectGraph.Weight> none(String field) {
    return Map.entry(field, ObjectGraph.Weight.NONE);
  }

  private static ObjectGraph.Weight weight(Field field) {
    if (field.getName().equals("modCount")) {
      return ObjectGraph.Weight.NONE;
    }
    String name = field.getDeclaringClass().getSimpleName() + "." + field.getName();
    return WEIGHTS.getOrDefault(name, ObjectGraph.Weight.FULL);
  }

  private static final ObjectGraph GRAPH =
      new ObjectGraph(
          ExploredWorld::weight,
          Set.of(
              io.netty.buffer.ByteBufAllocator.class,
              ReplicaConfig.class,
              Layout.class,
              UUID.class,
              ExploredShelf.Sector.class,
              Step.class));

  ExploredWorld copy() {
    return GRAPH.copy(this);
  }

  /** Equal for worlds in which the same can happen from now on. */
  long digest() {
    ObjectGraph.Digest digest = GRAPH.new Digest();
    for (ExploredNode node : nodes) {
      digest.clock(node.nowNanos());
      digest.add(node);
      for (ExploredShelf.Pending of : shelf.pending(node.index())) {
        digest.add(of);
      }
    }
    digest.add(link);
    digest.add(promise);
    digest.add(budget);
    digest.add(story == null ? 0 : told);
    digest.add(paused);
    digest.add(requests);
    shelf.addTo(digest, configs[0].layout());
    return digest.value();
  }
}
