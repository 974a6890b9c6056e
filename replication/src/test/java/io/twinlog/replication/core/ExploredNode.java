package io.twinlog.replication.core;

import io.twinlog.blockdev.shelf.IoChain;
import java.nio.ByteBuffer;
import java.util.PriorityQueue;

/** A process of the explored world: a real replica, its RAM and its clock. */
final class ExploredNode implements Effects {
  private static final int BUFFER_BYTES = 4 * BlockTable.BLOCK_BYTES;

  private final ExploredWorld world;
  private final int index;
  private HeapRam ram;
  private Replica replica;
  private boolean alive;
  private boolean turnIsToEnd;
  private long clientConnections;
  private long identities;

  /** Its own clock: it goes on only when a timer is waited for. */
  private long nowNanos;

  ExploredNode(ExploredWorld world, int index) {
    this.world = world;
    this.index = index;
  }

  int index() {
    return index;
  }

  Replica replica() {
    return replica;
  }

  boolean isAlive() {
    return alive;
  }

  long nowNanos() {
    return nowNanos;
  }

  long clientConnections() {
    return clientConnections;
  }

  ExploredPromise promise() {
    return world.promise();
  }

  /** What the block is full of. */
  long content(int block) {
    return ByteBuffer.wrap(ram.bytes()).getLong(block * BlockTable.BLOCK_BYTES);
  }

  long[] contents() {
    long[] contents = new long[ram.bytes().length / BlockTable.BLOCK_BYTES];
    for (int block = 0; block < contents.length; block++) {
      contents[block] = content(block);
    }
    return contents;
  }

  void start() {
    alive = true;
    ram = new HeapRam((int) world.config(index).layout().deviceBytes());
    replica = new Replica(world.config(index), ram, this, world.rules(), 8, 0);
    replica.start(nowNanos);
  }

  void crash() {
    alive = false;
    turnIsToEnd = false;
    clientConnections++;
    // Nothing of it counts any more.
    replica = null;
    ram = null;
  }

  /** Whether a timer is waited for; none is that would take longer than the clock may go on. */
  boolean hasTimer(long limitNanos) {
    Object next = nextTimer();
    return next != null && ObjectGraph.longField(next, "dueNanos") <= limitNanos;
  }

  private Object nextTimer() {
    Object timers = ObjectGraph.field(replica, "timers");
    return ((PriorityQueue<?>) ObjectGraph.field(timers, "timers")).peek();
  }

  /** Waits for the next timer. */
  void tick() {
    nowNanos = ObjectGraph.longField(nextTimer(), "dueNanos");
    replica.tick(nowNanos);
  }

  /** The turn ends with each event: a loop that takes in one at a time. */
  void endTurn() {
    while (turnIsToEnd) {
      turnIsToEnd = false;
      replica.endTurn(nowNanos);
    }
  }

  @Override
  public void submit(IoChain chain) {
    world.shelf().submit(index, chain);
  }

  @Override
  public ByteBuffer acquireBuffer(int bytes) {
    return ByteBuffer.allocate(Math.min(bytes, BUFFER_BYTES));
  }

  @Override
  public void releaseBuffer(ByteBuffer buffer) {}

  /** The same in whatever order the nodes ask. */
  @Override
  public long freshIdentity() {
    return (index + 1) * 1000L + ++identities;
  }

  @Override
  public void leftPrimary() {
    clientConnections++;
  }

  @Override
  public void becamePrimary() {}

  @Override
  public void event(ReplicaEvent event) {
    world.trace(index, event);
  }

  @Override
  public void requestEndTurn() {
    turnIsToEnd = true;
  }

  @Override
  public void panic(String what) {
    throw new SimFailure("panic at node " + index + ": " + what);
  }
}
