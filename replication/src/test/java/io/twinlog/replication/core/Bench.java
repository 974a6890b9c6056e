package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.log.CheckpointCodec;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.NewestContents;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.SlotCodec;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import io.twinlog.blockdev.shelf.IoChain;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;

/**
 * Two replicas on one backing, step by step and without chance: everything happens at once, in
 * order, unless the test holds it up. For what one scripted situation shows best.
 */
final class Bench {
  static final int BLOCK = BlockTable.BLOCK_BYTES;

  /** So that a part of the device goes each way. */
  static final ResyncSizes RESYNC = new ResyncSizes(4, 2, 8, 4, 2, 8, 4);

  private final Layout layout;
  private final byte[] backing;
  private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
  private final Side[] sides = new Side[2];
  private final Settings settings;
  private long now = 1_000_000_000L;
  private long identities;
  final BenchNode alpha;
  final BenchNode beta;

  /**
   * How both nodes are configured.
   *
   * @param blocks of the device
   * @param asideBlocks that can be copied aside while a batch is staged
   */
  record Settings(int blocks, boolean flushToLog, boolean automatic, int asideBlocks) {

    static Settings usual() {
      return new Settings(16, false, false, 16);
    }

    Settings withFlushToLog() {
      return new Settings(blocks, true, automatic, asideBlocks);
    }

    Settings withAutomatic() {
      return new Settings(blocks, flushToLog, true, asideBlocks);
    }
  }

  Bench() {
    this(Settings.usual());
  }

  Bench(Settings settings) {
    this.settings = settings;
    long device = (long) settings.blocks() * BLOCK;
    layout = Layout.of(device, 512, Layout.minimumRingBytes(device) + (64L << 10));
    backing = new byte[Math.toIntExact(layout.totalBytes())];
    format();
    alpha = new BenchNode(this, 0);
    beta = new BenchNode(this, 1);
  }

  private void format() {
    View first = new View(1, View.NO_NODE, 0, 0, 0, 0, true, true, 1, List.of());
    for (int node = 0; node < 2; node++) {
      ByteBuffer sector = ByteBuffer.allocate(layout.sectorBytes());
      SlotCodec.encode(new SlotRecord(node, 1, 0, 1, 0, 0, null, first, 0, 0), sector);
      put(layout.slotOffset(node, 1), sector);
      sector = ByteBuffer.allocate(layout.sectorBytes());
      CheckpointCodec.encode(new CheckpointRecord(node, 1, 0, 1, 0, 1, 0), sector);
      put(layout.checkpointOffset(node, 1), sector);
    }
  }

  private void put(long offset, ByteBuffer data) {
    data.rewind().get(backing, (int) offset, data.remaining());
  }

  /** Both nodes run, are connected and up-to-date, and alpha is primary. */
  static Bench pair(Settings settings) {
    Bench bench = new Bench(settings);
    bench.startBoth();
    BenchOutcome promoted = bench.alpha.promote(false, false);
    bench.settle();
    if (!promoted.isDone() || !bench.alpha.replica().isPair()) {
      throw new AssertionError("no pair: " + promoted);
    }
    return bench;
  }

  /** Alpha runs alone, primary of a complete view. */
  static Bench alone(Settings settings) {
    Bench bench = new Bench(settings);
    bench.alpha.start();
    bench.settle();
    BenchOutcome promoted = bench.alpha.promote(false, false);
    bench.settle();
    if (!promoted.isDone()) {
      throw new AssertionError("no primary: " + promoted);
    }
    return bench;
  }

  void startBoth() {
    alpha.start();
    beta.start();
    settle();
    connect();
    settle();
  }

  ReplicaConfig config(int node) {
    return new ReplicaConfig(
        "r0",
        new UUID(7, 7),
        node,
        List.of("alpha", "beta"),
        layout,
        settings.flushToLog(),
        settings.automatic(),
        new ReplicaConfig.Timing(
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofMillis(200),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofMillis(500)),
        layout.deviceBytes(),
        layout.deviceBytes() * 4);
  }

  Settings settings() {
    return settings;
  }

  Layout layout() {
    return layout;
  }

  byte[] backing() {
    return backing;
  }

  long now() {
    return now;
  }

  long freshIdentity() {
    return ++identities;
  }

  void later(Runnable action) {
    queue.add(action);
  }

  /** Everything that happens without time going on. */
  void run() {
    while (!queue.isEmpty()) {
      queue.remove().run();
    }
  }

  /** The next thing happens, or a tick. */
  void step() {
    if (queue.isEmpty()) {
      now += 10_000_000;
      alpha.tick();
      beta.tick();
    }
    queue.remove().run();
  }

  /** Time goes on, in steps of a tick. */
  void advance(Duration time) {
    long end = now + time.toNanos();
    run();
    while (now < end) {
      now += 10_000_000;
      alpha.tick();
      beta.tick();
      run();
    }
  }

  /** Long enough for anything that does not wait for a timeout. */
  void settle() {
    advance(Duration.ofSeconds(4));
  }

  void connect() {
    sides[0] = new Side(alpha);
    sides[1] = new Side(beta);
    PeerHello helloAlpha = alpha.replica().hello();
    PeerHello helloBeta = beta.replica().hello();
    later(() -> alpha.replica().linkUp(sides[0], helloBeta));
    later(() -> beta.replica().linkUp(sides[1], helloAlpha));
    run();
  }

  /** The link is lost, and both hear of it. */
  void disconnect() {
    for (Side side : sides) {
      later(() -> side.lost("reset"));
    }
    run();
  }

  /** Whether the backing holds the block with that content, when it is read by a stranger. */
  boolean isLogged(int block, int content) {
    boolean[] found = new boolean[1];
    BenchNode stranger = new BenchNode(this, 0);
    Survey.run(
        new Shelves(alpha.replica(), stranger),
        config(0).uuid(),
        alpha.replica().view(),
        (error, result) -> {
          Recovered recovered = (Recovered) result.outcome();
          NewestContents newest = recovered.newest();
          long place =
              newest.isInDataArea(block)
                  ? (long) block * BLOCK
                  : layout.ringPlace(newest.ringNode(block), newest.ringPosition(block));
          found[0] = backing[(int) place] == content;
        });
    run();
    return found[0];
  }

  void carryOut(IoChain.Step step) {
    if (step instanceof IoChain.Read read) {
      read.into().duplicate().put(backing, (int) read.offsetBytes(), read.into().remaining());
    } else if (step instanceof IoChain.Write write) {
      ByteBuffer data = write.data().duplicate();
      data.get(backing, (int) write.offsetBytes(), data.remaining());
    }
  }

  /** One end of the link. */
  private final class Side implements PeerOut {
    private final BenchNode node;
    private final long life;
    private boolean open = true;

    Side(BenchNode node) {
      this.node = node;
      this.life = node.life();
    }

    private void send(BiConsumer<Side, Replica> arrival) {
      Side peer = sides[1 - node.index()];
      if (open) {
        later(
            () -> {
              if (peer.open && peer.node.life() == peer.life) {
                arrival.accept(peer, peer.node.replica());
              }
            });
      }
    }

    void lost(String reason) {
      if (open) {
        open = false;
        if (node.life() == life) {
          node.replica().linkDown(this, reason);
        }
      }
    }

    @Override
    public void write(
        long view, long number, Command command, long offset, long length, ByteBuf payload) {
      ByteBuf data = payload == null ? null : Unpooled.copiedBuffer(payload);
      send((side, peer) -> peer.peerWrite(side, view, number, command, offset, length, data));
    }

    @Override
    public void blocks(long view, long offset, long length, ByteBuf data) {
      ByteBuf copied = data == null ? null : Unpooled.copiedBuffer(data);
      if (data != null) {
        data.release();
      }
      send((side, peer) -> peer.peerBlocks(side, view, offset, length, copied));
    }

    @Override
    public void digests(long view, long offset, ByteBuf digests) {
      ByteBuf copied = Unpooled.copiedBuffer(digests);
      digests.release();
      send((side, peer) -> peer.peerDigests(side, view, offset, copied));
    }

    @Override
    public void barrier(long view) {
      send((side, peer) -> peer.peerBarrier(side, view));
    }

    @Override
    public void confirm(long view, long number, long received) {
      send((side, peer) -> peer.peerConfirm(side, view, number, received));
    }

    @Override
    public void heartbeat() {
      send((side, peer) -> peer.peerHeartbeat(side));
    }

    @Override
    public void control(PeerControl message) {
      send((side, peer) -> peer.peerControl(side, message));
    }

    @Override
    public long queuedBytes() {
      return 0;
    }

    @Override
    public void close(String reason) {
      send((side, peer) -> side.lost("closed by the peer: " + reason));
      open = false;
    }
  }
}
