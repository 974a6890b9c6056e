package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.shelf.IoChain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** One node: its replica, what it asks of the world, and what holds that up. */
final class BenchNode implements Effects {
  private final Bench bench;
  private final int index;
  private final List<ReplicaEvent> events = new ArrayList<>();
  private final List<IoChain> stalled = new ArrayList<>();
  private Predicate<IoChain> stalls = chain -> false;
  private Predicate<IoChain> fails = chain -> false;
  private Replica replica;
  private HeapRam ram;
  private boolean alive;
  private long life;
  private int buffersOut;

  BenchNode(Bench bench, int index) {
    this.bench = bench;
    this.index = index;
  }

  int index() {
    return index;
  }

  long life() {
    return life;
  }

  Replica replica() {
    return replica;
  }

  List<ReplicaEvent> events() {
    return events;
  }

  int buffersOut() {
    return buffersOut;
  }

  byte[] ram() {
    return ram.bytes();
  }

  void start() {
    alive = true;
    life++;
    stalled.clear();
    ram = new HeapRam((int) bench.layout().deviceBytes());
    replica =
        new Replica(
            bench.config(index),
            ram,
            this,
            RamRecord.NONE,
            Set.of(Rule.values()),
            4,
            bench.settings().asideBlocks(),
            Bench.RESYNC);
    bench.later(() -> replica.start(bench.now()));
  }

  /** SIGKILL: its RAM, and what it had asked for, are gone. */
  void kill() {
    alive = false;
    life++;
    stalled.clear();
  }

  void tick() {
    if (alive) {
      bench.later(() -> replica.tick(bench.now()));
    }
  }

  /** Chains that match wait until {@link #release}. */
  void stall(Predicate<IoChain> which) {
    stalls = which;
  }

  /** Whether a view has been proposed and is not known to be chosen. */
  boolean isProposing() {
    return replica.isProposing();
  }

  void release() {
    stalls = chain -> false;
    List<IoChain> released = List.copyOf(stalled);
    stalled.clear();
    released.forEach(this::submit);
    bench.run();
  }

  /** Chains that match fail, before their first step. */
  void fail(Predicate<IoChain> which) {
    fails = which;
  }

  BenchOutcome promote(boolean force, boolean acceptLoss) {
    BenchOutcome outcome = new BenchOutcome();
    bench.later(() -> replica.promote(force, acceptLoss, outcome));
    return outcome;
  }

  BenchRequest write(int firstBlock, int blocks, int content) {
    ByteBuf payload = Unpooled.buffer(blocks * Bench.BLOCK);
    for (int i = 0; i < blocks * Bench.BLOCK; i++) {
      payload.writeByte(content);
    }
    return submit(
        new BenchRequest(
            Command.WRITE, (long) firstBlock * Bench.BLOCK, (long) blocks * Bench.BLOCK, payload));
  }

  /** With FUA. */
  BenchRequest forcedWrite(int firstBlock, int blocks, int content) {
    ByteBuf payload = Unpooled.buffer(blocks * Bench.BLOCK);
    for (int i = 0; i < blocks * Bench.BLOCK; i++) {
      payload.writeByte(content);
    }
    return submit(
        new BenchRequest(
            Command.WRITE,
            (long) firstBlock * Bench.BLOCK,
            (long) blocks * Bench.BLOCK,
            true,
            payload));
  }

  BenchOutcome emergency(boolean on) {
    BenchOutcome outcome = new BenchOutcome();
    bench.later(() -> replica.emergency(on, outcome));
    bench.run();
    return outcome;
  }

  BenchRequest flush() {
    return submit(new BenchRequest(Command.FLUSH, 0, 0, null));
  }

  BenchRequest read(int firstBlock, int blocks) {
    return submit(
        new BenchRequest(
            Command.READ, (long) firstBlock * Bench.BLOCK, (long) blocks * Bench.BLOCK, null));
  }

  BenchRequest submit(BenchRequest request) {
    bench.later(() -> replica.submit(request));
    bench.run();
    return request;
  }

  @Override
  public void submit(IoChain chain) {
    if (stalls.test(chain)) {
      stalled.add(chain);
      return;
    }
    long mine = life;
    bench.later(
        () -> {
          if (mine != life) {
            return;
          }
          if (fails.test(chain)) {
            chain.complete(new IOException(chain.name() + ": failed by the test"));
            return;
          }
          chain.steps().forEach(bench::carryOut);
          chain.complete(null);
        });
  }

  @Override
  public ByteBuffer acquireBuffer(int bytes) {
    buffersOut++;
    return ByteBuffer.allocate(bytes);
  }

  @Override
  public void releaseBuffer(ByteBuffer buffer) {
    buffersOut--;
  }

  @Override
  public RamDevice scratchMemory(long bytes) {
    return new HeapRam((int) bytes);
  }

  @Override
  public long freshIdentity() {
    return bench.freshIdentity();
  }

  @Override
  public void leftPrimary() {}

  @Override
  public void becamePrimary() {}

  @Override
  public void event(ReplicaEvent event) {
    events.add(event);
  }

  @Override
  public void requestEndTurn() {
    long mine = life;
    bench.later(
        () -> {
          if (mine == life) {
            replica.endTurn(bench.now());
          }
        });
  }

  @Override
  public void panic(String what) {
    throw new AssertionError("panic: " + what);
  }
}
