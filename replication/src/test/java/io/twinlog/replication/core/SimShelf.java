package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointCodec;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.ShelfLabel;
import io.twinlog.blockdev.log.SlotCodec;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.log.Superblock;
import io.twinlog.blockdev.log.View;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Completion;
import io.twinlog.blockdev.shelf.ReservableShelf.Holders;
import io.twinlog.blockdev.shelf.ShelfReservedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The shared backing: bytes, and what of them a power loss may still take back. Each step of a
 * chain takes a while, sometimes a long one; what a crashed node had under way may land torn, not
 * at all, or late, though before the node is started again. What a failed sync was to cover can be
 * read as before, and no later sync covers it unless it is written again ({@link IoChain.Sync}).
 */
final class SimShelf {

  /** Which steps are to wait until the scenario lets them go on. */
  @FunctionalInterface
  interface Gate {
    boolean holds(SimNode node, IoChain chain, IoChain.Step step);
  }

  private final SimWorld world;
  private final SplittableRandom random;
  private final int sectorBytes;
  private final byte[] bytes;
  private final Stagger stagger;
  private final int index;

  /** As its label says; negative when it has none. */
  private int medium;

  /** A sector as it was before a node wrote it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Before(int node, byte[] content) {}

  /** Earlier contents of sectors that no sync of the shelf has covered yet. */
  private final Map<Integer, List<Before>> unsynced = new TreeMap<>();

  /** Of those that a failed sync has lost the newer contents of, unless written again. */
  private final Map<Integer, List<Before>> lost = new TreeMap<>();

  private final long[] syncFailures = new long[2];

  /** Per node, and lane with steps since its last sync: how many syncs had failed before these. */
  private final List<Map<IoChain.Lane, Long>> failuresBefore =
      List.of(new EnumMap<>(IoChain.Lane.class), new EnumMap<>(IoChain.Lane.class));

  /** Until then every step of the node is slow: its requests are queued somewhere. */
  final long[] stalledUntil = new long[2];

  /** The same for what is neither slot nor log: checkpoints and their publication. */
  final long[] dataStalledUntil = new long[2];

  /** Some steps of these nodes fail. */
  final boolean[] failing = new boolean[2];

  /** No step of these nodes reaches the shelf: each fails after a while. */
  final boolean[] unreachable = new boolean[2];

  private final List<Hold> holds = new ArrayList<>();

  /** The nodes whose I/O is carried out, as bits; nobody is everybody. */
  private int reserved;

  /** Nothing that these nodes ask for returns before {@link #answer}. */
  private final boolean[] hanging = new boolean[2];

  private final List<Running> hung = new ArrayList<>();

  /** A write that was reported failed, and that the network has kept back. */
  private record Frame(SimNode node, long life, IoChain.Write write) {
    boolean isInTheWayOf(SimNode of, IoChain.Step step) {
      return of == node
          && step instanceof IoChain.Write other
          && other.offsetBytes() < write.offsetBytes() + write.data().remaining()
          && write.offsetBytes() < other.offsetBytes() + other.data().remaining();
    }
  }

  private final List<Frame> lingering = new ArrayList<>();

  SimShelf(SimWorld world, Stagger stagger, int index) {
    Layout layout = stagger.layout();
    this.world = world;
    this.stagger = stagger;
    this.index = index;
    this.random = world.random();
    this.sectorBytes = layout.sectorBytes();
    this.bytes = new byte[(int) stagger.shelfBytes()];
    View first = new View(1, View.NO_NODE, 0, 0, 0, 0, true, true, stagger.all(), List.of());
    putLabel(0);
    for (int node = 0; node < 2; node++) {
      ByteBuffer sector = ByteBuffer.allocate(layout.sectorBytes());
      SlotCodec.encode(new SlotRecord(node, 1, 0, 1, 0, 0, null, first, 0, 0), sector);
      put(bytes, (int) stagger.placeOnEvery(layout.slotOffset(node, 1)), sector.array());
      sector = ByteBuffer.allocate(layout.sectorBytes());
      CheckpointCodec.encode(new CheckpointRecord(node, 1, 0, 1, 0, 1, 0), sector);
      put(bytes, (int) stagger.placeOnEvery(layout.checkpointOffset(node, 1)), sector.array());
    }
  }

  private static void put(byte[] target, int offset, byte[] data) {
    System.arraycopy(data, 0, target, offset, data.length);
  }

  byte[] bytes() {
    return bytes;
  }

  /** Everything works again. */
  void heal() {
    for (int node = 0; node < 2; node++) {
      stalledUntil[node] = 0;
      dataStalledUntil[node] = 0;
      failing[node] = false;
      unreachable[node] = false;
      answer(node);
    }
  }

  /** What the node asks for is carried out when the shelf answers again, if the node lives on. */
  void hang(int node) {
    hanging[node] = true;
  }

  void answer(int node) {
    hanging[node] = false;
    List<Running> waiting = hung.stream().filter(it -> it.node.index() == node).toList();
    hung.removeAll(waiting);
    waiting.forEach(it -> world.after(it.usualDelay(), it::act));
  }

  /** Whether something that the node was told had failed may still land. */
  boolean mayWriteLate(SimNode node) {
    return lingering.stream().anyMatch(frame -> frame.node() == node);
  }

  /** An AoE target carries out every copy of a frame that reaches it, however late. */
  private void linger(SimNode node, IoChain.Write write) {
    ByteBuffer copy = ByteBuffer.allocate(write.data().remaining());
    copy.put(write.data().duplicate()).flip();
    Frame frame = new Frame(node, node.life(), new IoChain.Write(write.offsetBytes(), copy));
    lingering.add(frame);
    world.count("fault: a frame lands late");
    world.after(random.nextLong(400_000_000), () -> arrive(frame));
  }

  private void arrive(Frame frame) {
    lingering.remove(frame);
    if (frame.node().life() == frame.life()) {
      carryOutWrite(frame.node(), frame.write(), false);
    } else {
      afterCrash(frame.node(), frame.life(), frame.write());
    }
  }

  boolean isLabelled() {
    return medium >= 0;
  }

  int medium() {
    return medium;
  }

  /** An empty medium. */
  SimShelf blank() {
    SimShelf blank = new SimShelf(world, stagger, index);
    Arrays.fill(blank.bytes, (byte) 0);
    blank.medium = -1;
    return blank;
  }

  /** It is the shelf's from now on, and nothing of its own is on it. */
  void label(int newMedium) {
    Layout layout = stagger.layout();
    int from = (int) stagger.placeOnEvery(layout.superblockCopyOffset());
    int to = from + (int) (layout.ringOffset(0) - layout.superblockCopyOffset());
    Arrays.fill(bytes, from, to, (byte) 0);
    unsynced.keySet().removeIf(offset -> offset >= from && offset < to);
    lost.keySet().removeIf(offset -> offset >= from && offset < to);
    putLabel(newMedium);
  }

  private void putLabel(int newMedium) {
    medium = newMedium;
    if (!stagger.isSingle()) {
      Superblock superblock =
          new Superblock(
              world.config(0).uuid(),
              "r0",
              stagger.layout(),
              List.of("alpha", "beta"),
              index,
              stagger.shelves(),
              stagger.chunkBytes(),
              stagger.shelfBytes(),
              medium,
              Instant.EPOCH);
      ByteBuffer block = ByteBuffer.allocate(ShelfLabel.BYTES);
      ShelfLabel.encode(superblock, block);
      put(
          bytes,
          (int) stagger.placeOnEvery(stagger.layout().superblockCopyOffset()),
          block.array());
    }
  }

  /** From now on these steps wait. */
  Hold hold(Gate gate) {
    Hold hold = new Hold(gate);
    holds.add(hold);
    return hold;
  }

  /** Steps that wait at a gate. */
  final class Hold {
    private final Gate gate;
    private final List<Running> waiting = new ArrayList<>();

    private Hold(Gate gate) {
      this.gate = gate;
    }

    boolean isReached() {
      return !waiting.isEmpty();
    }

    /** Opens the gate; what waits goes on at once, in order. */
    void release() {
      holds.remove(this);
      waiting.forEach(Running::act);
    }

    /** The first write that waits lands in part, and nothing else of what waits ever does. */
    void tear() {
      holds.remove(this);
      Running first = waiting.get(0);
      carryOutWrite(first.node, first.chain.steps().get(first.index), true);
    }

    /** The first step that waits is a sync, and fails: no later one covers what it should have. */
    void failSync() {
      holds.remove(this);
      Running first = waiting.get(0);
      syncFailures[first.node.index()]++;
      unsynced.forEach(
          (offset, versions) ->
              lost.computeIfAbsent(offset, s -> new ArrayList<>(1)).addAll(versions));
      unsynced.clear();
      first.fail("the cache could not be written");
    }

    /** The first write that waits leaves garbage where it should have gone. */
    void spoil() {
      holds.remove(this);
      Running first = waiting.get(0);
      if (first.chain.steps().get(first.index) instanceof IoChain.Write write) {
        int offset = (int) write.offsetBytes();
        Arrays.fill(bytes, offset, offset + write.data().remaining(), (byte) 0xA5);
      }
    }
  }

  boolean isRefused(SimNode node) {
    return reserved != 0 && (reserved & 1 << node.index()) == 0;
  }

  int reserved() {
    return reserved;
  }

  /** Somebody's reserve command arrives. */
  void reserveFor(int nodes) {
    reserved = nodes;
  }

  /** The target is started anew, and forgets its reservation unless it keeps it. */
  void restartTarget() {
    boolean kept = (world.options().fence().kept(world.options().shelves()) & 1 << index) != 0;
    if (!kept) {
      if (reserved != 0) {
        world.count("fault: reservation forgotten");
      }
      reserved = 0;
    }
  }

  /** Carries a reserve command out for a node: a look, a change and another look, as it needs. */
  void reserve(SimNode node, Command command, Completion then) {
    Reserving reserving = new Reserving(node, command, then);
    world.after(reserving.delay(), reserving::begin);
  }

  /** Only its own node knows of it; it may reach the shelf when that is paused, or just dead. */
  private final class Reserving {
    private final SimNode node;
    private final long life;
    private final Command command;
    private final Completion then;

    Reserving(SimNode node, Command command, Completion then) {
      this.node = node;
      this.life = node.life();
      this.command = command;
      this.then = then;
    }

    long delay() {
      long stalled = stalledUntil[node.index()] - world.now();
      return Math.max(0, stalled) + 20_000 + random.nextLong(200_000);
    }

    private boolean isLost() {
      boolean gone = node.life() != life && (node.isAlive() || !node.hasJustEnded(life));
      boolean stuck = world.now() < stalledUntil[node.index()];
      if (!gone && stuck) {
        world.after(delay(), this::begin);
      } else if (!gone && unreachable[node.index()]) {
        end(new IOException("reserve: unreachable"));
      }
      return gone || stuck || unreachable[node.index()];
    }

    void begin() {
      if (isLost()) {
        return;
      }
      if (command == Command.READ || (command == Command.JOIN && !isRefused(node))) {
        end(null);
      } else {
        int joined = command == Command.JOIN ? reserved : 0;
        int wanted = command == Command.LIFT ? 0 : joined | 1 << node.index();
        world.after(delay(), () -> set(wanted));
      }
    }

    private void set(int wanted) {
      boolean gone = node.life() != life && (node.isAlive() || !node.hasJustEnded(life));
      if (gone) {
        return;
      }
      if (world.now() < stalledUntil[node.index()]) {
        world.after(delay(), () -> set(wanted));
      } else if (unreachable[node.index()]) {
        end(new IOException("reserve: unreachable"));
      } else {
        boolean fails = failing[node.index()] && random.nextInt(2) == 0;
        if (!fails || random.nextBoolean()) {
          world.traceIo(node, () -> "shelf " + index + " reserved for " + wanted);
          reserved = wanted;
        }
        world.after(delay(), () -> end(fails ? new IOException("reserve: simulated") : null));
      }
    }

    private void end(IOException error) {
      Holders holders =
          new Holders(
              reserved == 0,
              (reserved & 1 << node.index()) != 0,
              (reserved & ~(1 << node.index())) != 0);
      node.deliver(life, () -> then.done(error, error == null ? holders : null));
    }
  }

  /** Carries a chain out for a node, step by step. */
  void submit(SimNode node, IoChain chain) {
    new Running(node, chain).begin();
  }

  /** A chain on its way, at one of its steps. */
  private final class Running {
    private final SimNode node;
    private final long life;
    private final IoChain chain;
    private int index;

    Running(SimNode node, IoChain chain) {
      this.node = node;
      this.life = node.life();
      this.chain = chain;
    }

    void begin() {
      if (index == chain.steps().size()) {
        node.deliver(life, () -> chain.complete(null));
      } else {
        world.after(delay(), this::act);
      }
    }

    private long delay() {
      long usual = usualDelay();
      long stalled = stalledUntil() - world.now();
      if (stalled > 0) {
        return stalled + usual;
      }
      return world.isIoSlow() && random.nextInt(400) == 0 ? random.nextLong(1_500_000_000L) : usual;
    }

    private long usualDelay() {
      return 20_000 + random.nextLong(400_000);
    }

    private long stalledUntil() {
      long data = chain.lane() == Lane.DATA ? dataStalledUntil[node.index()] : 0;
      return Math.max(stalledUntil[node.index()], data);
    }

    private void act() {
      IoChain.Step step = chain.steps().get(index);
      if (node.life() != life) {
        afterCrash(node, life, step);
      } else if (isHeld(step)) {
        // Its hold lets it go on.
      } else if (hanging[node.index()]) {
        hung.add(this);
      } else if (lingering.stream().anyMatch(frame -> frame.isInTheWayOf(node, step))) {
        world.after(usualDelay(), this::act);
      } else if (world.now() < stalledUntil()) {
        begin();
      } else if (unreachable[node.index()]) {
        fail("unreachable");
      } else if (isRefused(node)) {
        refuse(step);
      } else if (isFailing(step)) {
        fail("simulated");
      } else {
        index++;
        begin();
      }
    }

    /** Carries the step out, or not; tells whether its chain is told of an error. */
    private boolean isFailing(IoChain.Step step) {
      boolean fails = failing[node.index()] && random.nextInt(2) == 0;
      // Whoever is told of an error does not know what has landed.
      int landed = fails ? random.nextInt(3) : 3;
      if (landed == 3) {
        carryOut(node, step);
      } else if (landed > 0) {
        carryOutWrite(node, step, landed == 1);
      } else if (step instanceof IoChain.Write write && hasNetwork()) {
        linger(node, write);
      }
      return noteSync(node, chain.lane(), step, fails) || fails;
    }

    private boolean hasNetwork() {
      return world.shelves().count() > 1 && world.shelves().areAddresses();
    }

    private boolean isHeld(IoChain.Step step) {
      for (Hold hold : holds) {
        if (hold.gate.holds(node, chain, step)) {
          hold.waiting.add(this);
          return true;
        }
      }
      return false;
    }

    private void refuse(IoChain.Step step) {
      if (step instanceof IoChain.Write && chain.lane() != Lane.SLOT) {
        world.count("fence: write refused");
      }
      String why = chain.name() + ": the shelf is reserved";
      node.deliver(life, () -> chain.complete(new ShelfReservedException(why)));
    }

    private void fail(String why) {
      node.deliver(life, () -> chain.complete(new IOException(chain.name() + ": " + why)));
    }
  }

  /** Whether the lane has to hear at this sync of one that failed in another lane. */
  private boolean noteSync(SimNode node, Lane lane, IoChain.Step step, boolean fails) {
    Map<Lane, Long> before = failuresBefore.get(node.index());
    if (!(step instanceof IoChain.Sync)) {
      before.putIfAbsent(lane, syncFailures[node.index()]);
      return false;
    }
    if (fails) {
      syncFailures[node.index()]++;
      loseUnsynced(node);
      before.remove(lane);
      return true;
    }
    Long then = before.remove(lane);
    return then != null && then != syncFailures[node.index()];
  }

  private void loseUnsynced(SimNode node) {
    unsynced
        .entrySet()
        .removeIf(
            entry -> {
              boolean own = entry.getValue().stream().allMatch(b -> b.node() == node.index());
              if (!own || random.nextBoolean()) {
                return false;
              }
              lost.computeIfAbsent(entry.getKey(), s -> new ArrayList<>(1))
                  .addAll(entry.getValue());
              return true;
            });
  }

  /** The node's process is a new one: nobody has done anything in its lanes. */
  void restarted(SimNode node) {
    failuresBefore.get(node.index()).clear();
  }

  /**
   * A step that a crash caught: it lands, is torn, or is lost. Late ones are this code being late.
   */
  private void afterCrash(SimNode node, long life, IoChain.Step step) {
    if (node.isAlive() || !node.hasJustEnded(life) || unreachable[node.index()]) {
      return;
    }
    if (isRefused(node)) {
      world.count("fence: write of a dead process refused");
      return;
    }
    int landed = random.nextInt(3);
    if (landed > 0) {
      carryOutWrite(node, step, landed == 1);
    }
  }

  private void carryOut(SimNode node, IoChain.Step step) {
    if (step instanceof IoChain.Read read) {
      ByteBuffer into = read.into();
      into.put(into.position(), bytes, (int) read.offsetBytes(), into.remaining());
    } else if (step instanceof IoChain.Write) {
      carryOutWrite(node, step, false);
    } else {
      world.traceIo(node, () -> "sync");
      lost.keySet().removeAll(unsynced.keySet());
      unsynced.clear();
    }
  }

  private void carryOutWrite(SimNode node, IoChain.Step step, boolean torn) {
    if (!(step instanceof IoChain.Write write)) {
      return;
    }
    world.traceIo(
        node,
        () ->
            "write to shelf "
                + index
                + ": "
                + write.offsetBytes()
                + "+"
                + write.data().remaining()
                + (torn ? " torn" : ""));
    if (torn) {
      world.count("fault: torn write");
    }
    ByteBuffer data = write.data().duplicate();
    int offset = (int) write.offsetBytes();
    while (data.hasRemaining()) {
      if (!torn || random.nextBoolean()) {
        byte[] before = new byte[sectorBytes];
        System.arraycopy(bytes, offset, before, 0, sectorBytes);
        unsynced
            .computeIfAbsent(offset, s -> new ArrayList<>(1))
            .add(new Before(node.index(), before));
        data.get(bytes, offset, sectorBytes);
      } else {
        data.position(data.position() + sectorBytes);
      }
      offset += sectorBytes;
    }
  }

  /** What was not synced may be as it was before, sector by sector. */
  void losePower() {
    losePower(random.nextBoolean());
  }

  /** Everything that was not synced is as it was before. */
  void loseUnsynced() {
    losePower(true);
  }

  private void losePower(boolean all) {
    takeBack(bytes, all);
    lost.clear();
    unsynced.clear();
  }

  /** A copy of the backing as a power loss at this moment might leave it. */
  byte[] afterPowerLoss() {
    byte[] copy = bytes.clone();
    takeBack(copy, random.nextBoolean());
    return copy;
  }

  private void takeBack(byte[] target, boolean all) {
    Map<Integer, List<Before>> earlier = new TreeMap<>();
    lost.forEach((offset, versions) -> earlier.put(offset, new ArrayList<>(versions)));
    unsynced.forEach(
        (offset, versions) ->
            earlier.computeIfAbsent(offset, o -> new ArrayList<>()).addAll(versions));
    earlier.forEach(
        (offset, versions) -> {
          int choice = all ? 0 : random.nextInt(versions.size() + 1);
          if (choice < versions.size()) {
            put(target, offset, versions.get(choice).content());
          }
        });
  }
}
