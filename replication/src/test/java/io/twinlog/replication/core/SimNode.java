package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Completion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** One simulated process: a replica, its RAM, and what the world delivers to it. */
final class SimNode implements Effects {
  private static final long TICK_NANOS = 10_000_000;
  private static final UUID BOOT = new UUID(3, 4);

  private final SimWorld world;
  private final int index;
  private final ArrayDeque<Runnable> backlog = new ArrayDeque<>();

  /** Writes of the present RAM content's history that are not canonical yet, by number. */
  private final Map<Long, SimRequest> assigned = new HashMap<>();

  private HeapRam ram;

  /** What outlives a crash beside the RAM; nothing when {@code kept} is false. */
  private final ByteBuffer header = ByteBuffer.allocate(RamRecord.HEADER_BYTES);

  private final ByteBuffer table;

  /** The medium of each shelf that is open; null when none is. */
  private final SimShelf[] opened;

  /** What the label of each shelf said when it was opened last. */
  private final int[] media;

  /** A copy of a write of it is somewhere in the network. */
  private boolean late;

  /** How often each shelf was opened again in this life. */
  private final int[] reopenings;

  private boolean kept;
  private Replica replica;
  private boolean alive;
  private boolean paused;
  private long life;

  /** Grows whenever the node cuts its clients off. */
  private long clientGeneration;

  /** Local clocks need not agree. */
  private long clockOffset;

  /** What the local clock shows while it stands still; -1 when it goes. */
  private long clockStoppedAt = -1;

  private boolean clockStopsWithPause;

  SimNode(SimWorld world, int index) {
    this.world = world;
    this.index = index;
    this.clockOffset = world.random().nextLong(1L << 40);
    long deviceBytes = (long) world.options().blocks() * BlockTable.BLOCK_BYTES;
    this.opened = new SimShelf[world.options().shelves()];
    this.media = new int[opened.length];
    this.reopenings = new int[opened.length];
    this.table = ByteBuffer.allocate((int) RamRecord.tableBytes(deviceBytes));
  }

  SimWorld world() {
    return world;
  }

  int index() {
    return index;
  }

  int reopenings(int shelf) {
    return reopenings[shelf];
  }

  long life() {
    return life;
  }

  boolean isAlive() {
    return alive;
  }

  /** Whether that life was the last one: before the next begins, all its I/O is gone. */
  boolean hasJustEnded(long thatLife) {
    return !alive && life == thatLife + 1;
  }

  long clientGeneration() {
    return clientGeneration;
  }

  boolean isPaused() {
    return paused;
  }

  Replica replica() {
    return replica;
  }

  byte[] ram() {
    return ram.bytes();
  }

  Map<Long, SimRequest> assigned() {
    return assigned;
  }

  /** The writes that it has taken in and not committed yet. */
  Set<SimRequest> pending() {
    Set<SimRequest> pending = new HashSet<>();
    for (int i = 0; alive && i < replica.pending().size(); i++) {
      pending.add((SimRequest) replica.pending().get(i));
    }
    return pending;
  }

  void start() {
    life++;
    alive = true;
    paused = false;
    clockStoppedAt = -1;
    backlog.clear();
    world.shelves().forEach(shelf -> shelf.restarted(this));
    for (int shelf = 0; shelf < opened.length; shelf++) {
      SimShelf found = world.shelves().get(shelf);
      opened[shelf] = null;
      media[shelf] = 0;
      reopenings[shelf] = 0;
      if (found.isLabelled()) {
        open(shelf, found);
      }
    }
    ReplicaConfig config = world.config(index);
    int size = (int) config.layout().deviceBytes();
    if (!kept) {
      ram = new HeapRam(size);
      Arrays.fill(header.array(), (byte) 0);
    }
    RamRecord record =
        world.options().keepsRam()
            ? RamRecord.open(header, table, config.uuid(), index, size, BOOT)
            : RamRecord.NONE;
    replica =
        new Replica(
            config,
            ram,
            this,
            record,
            world.options().rules(),
            world.options().pieceBlocks(),
            world.options().asideBlocks(),
            world.options().resyncSizes());
    world.trace("start", this);
    deliver(life, () -> replica.start(localNow()));
    long mine = life;
    world.after(TICK_NANOS, () -> tick(mine));
  }

  /** Whether the RAM of the dead process is still there. */
  boolean isRamKept() {
    return kept;
  }

  /** The machine has lost its power. */
  void loseRam() {
    kept = false;
  }

  /** The process ended in the middle of a write to RAM. */
  private void tear() {
    ReplicaConfig config = world.config(index);
    RamRecord record = RamRecord.open(header, table, config.uuid(), index, ram.sizeBytes(), BOOT);
    int length = world.random().nextInt(1, 2 * BlockTable.BLOCK_BYTES);
    int offset = world.random().nextInt((int) ram.sizeBytes() - length);
    record.begin(record.number() + 1, offset, length);
    Arrays.fill(ram.bytes(), offset, offset + length, (byte) 0xAB);
    world.count("fault: torn RAM");
  }

  void crash() {
    world.trace("crash", this);
    kept = world.options().keepsRam() && world.random().nextInt(4) != 0;
    if (kept) {
      world.count("fault: crash that leaves the RAM");
    }
    if (kept && world.random().nextInt(4) == 0) {
      tear();
    }
    alive = false;
    paused = false;
    life++;
    backlog.clear();
    world.network().nodeDied(this);
  }

  /** Stops the process, or with its clock the whole machine. */
  void pause(boolean withClock) {
    world.trace(withClock ? "pause with clock" : "pause", this);
    paused = true;
    clockStopsWithPause = withClock;
    if (withClock) {
      stopClock();
    }
  }

  void resume() {
    world.trace("resume", this);
    paused = false;
    if (clockStopsWithPause) {
      startClock();
    }
    // What came in meanwhile is there at once; the clock may be looked at before or after.
    if (world.random().nextBoolean()) {
      runTick();
    }
    while (!backlog.isEmpty() && !paused && alive) {
      run(backlog.remove());
    }
  }

  private long localNow() {
    return clockStoppedAt >= 0 ? clockStoppedAt : world.now() + clockOffset;
  }

  void stopClock() {
    clockStoppedAt = localNow();
  }

  /** The clock goes on from where it stopped. */
  void startClock() {
    if (clockStoppedAt >= 0) {
      clockOffset = clockStoppedAt - world.now();
      clockStoppedAt = -1;
    }
  }

  void jumpClock(long nanos) {
    clockOffset += nanos;
  }

  private void tick(long ofLife) {
    if (ofLife != life) {
      return;
    }
    if (!paused) {
      runTick();
    }
    world.after(TICK_NANOS, () -> tick(ofLife));
  }

  private void runTick() {
    run(() -> replica.tick(localNow()));
  }

  /** Something happens to the node, unless it has died since; when it is paused, later. */
  void deliver(long ofLife, Runnable event) {
    if (ofLife != life || !alive) {
      return;
    }
    if (paused) {
      backlog.add(event);
    } else {
      run(event);
    }
  }

  private void run(Runnable event) {
    event.run();
    noteAssigned();
    world.history().observe(this);
  }

  /** The write that this node is sending under the number. */
  SimRequest assignedTo(long number) {
    noteAssigned();
    return assigned.get(number);
  }

  /** Which write has which number, as soon as it has one. */
  private void noteAssigned() {
    RequestQueue pending = replica.pending();
    for (int i = pending.size() - 1; i >= 0; i--) {
      SimRequest request = (SimRequest) pending.get(i);
      request.numbered(pending.tag(i));
      if (assigned.put(pending.tag(i), request) == request) {
        break;
      }
    }
  }

  // ---- Effects ----

  @Override
  public void submit(IoChain chain) {
    submit(0, chain);
  }

  @Override
  public void submit(int shelf, IoChain chain) {
    if (opened[shelf] != null) {
      (world.shelves().areAddresses() ? world.shelves().get(shelf) : opened[shelf])
          .submit(this, chain);
    } else {
      long mine = life;
      world.after(
          20_000, () -> deliver(mine, () -> chain.complete(new IOException("it is not open"))));
    }
  }

  @Override
  public void reopenShelf(int shelf, Consumer<IOException> then) {
    reopenings[shelf]++;
    openShelf(shelf, () -> {}, then);
  }

  @Override
  public void replaceShelf(int shelf, int medium, boolean force, Consumer<IOException> then) {
    openShelf(shelf, () -> world.shelves().get(shelf).label(medium), then);
  }

  @Override
  public void reserve(int shelf, Command command, Completion then) {
    if (opened[shelf] != null) {
      (world.shelves().areAddresses() ? world.shelves().get(shelf) : opened[shelf])
          .reserve(this, command, then);
    } else {
      long mine = life;
      world.after(
          20_000, () -> deliver(mine, () -> then.done(new IOException("it is not open"), null)));
    }
  }

  /** From now on, or no more, a copy of a write of it may still arrive. */
  void writesLate(boolean may) {
    late = may;
  }

  @Override
  public boolean mayWriteLate() {
    boolean[] lingers = {late};
    world.shelves().forEach(shelf -> lingers[0] |= shelf.mayWriteLate(this));
    return lingers[0];
  }

  /** Takes a while; what is opened is whatever medium is in the place then. */
  private void openShelf(int shelf, Runnable first, Consumer<IOException> then) {
    long mine = life;
    opened[shelf] = null;
    world.after(
        1_000_000 + world.random().nextLong(3_000_000),
        () -> {
          if (life == mine && alive) {
            first.run();
            SimShelf found = world.shelves().get(shelf);
            if (found.isLabelled()) {
              open(shelf, found);
            }
            IOException error = found.isLabelled() ? null : new IOException("it has no label");
            deliver(mine, () -> then.accept(error));
          }
        });
  }

  private void open(int shelf, SimShelf found) {
    opened[shelf] = found;
    media[shelf] = found.medium();
  }

  @Override
  public int shelfMedium(int shelf) {
    return media[shelf];
  }

  @Override
  public ByteBuffer acquireBuffer(int bytes) {
    return world.buffers().acquire(bytes);
  }

  @Override
  public void releaseBuffer(ByteBuffer buffer) {
    world.buffers().release(buffer);
  }

  @Override
  public RamDevice scratchMemory(long bytes) {
    return new HeapRam((int) bytes);
  }

  @Override
  public long freshIdentity() {
    return world.random().nextLong(1, Long.MAX_VALUE);
  }

  @Override
  public void leftPrimary() {
    clientGeneration++;
  }

  @Override
  public void becamePrimary() {}

  @Override
  public void event(ReplicaEvent event) {
    world.verify().heard(event);
    world.trace(
        event.kind() + ": " + event.from() + " -> " + event.to() + " " + event.detail(), this);
    if (event.kind().equals("resync") || event.kind().equals("failover")) {
      world.count(event.kind() + " " + event.to() + ": " + SimOperators.kindOf(event.detail()));
    } else if (!event.kind().equals("view")) {
      world.count(event.kind() + ": " + event.from() + " -> " + event.to());
    }
  }

  @Override
  public void requestEndTurn() {
    long mine = life;
    world.after(
        1_000 + world.random().nextLong(20_000),
        () -> deliver(mine, () -> replica.endTurn(localNow())));
  }

  @Override
  public void panic(String what) {
    throw new SimFailure("panic at node " + index + ": " + what);
  }
}
