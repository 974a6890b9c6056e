package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.BlockRequest.Command;
import java.util.ArrayDeque;
import java.util.function.BiConsumer;

/**
 * The link between the nodes: connections that keep order, directions that may be cut each on its
 * own, bandwidth, resets, and peers that die without a word.
 */
final class SimNetwork {
  private static final long FRAME_BYTES = 64;
  private static final long KERNEL_BYTES = 64 * 1024;

  private final SimWorld world;

  /** Whether what node i sends gets through; what does not waits, as TCP's retransmission does. */
  final boolean[] cut = new boolean[2];

  private Connection current;

  SimNetwork(SimWorld world) {
    this.world = world;
  }

  /** Tries to connect, again and again. */
  void dial() {
    world.after(30_000_000 + world.random().nextLong(60_000_000), this::dial);
    SimNode a = world.node(0);
    SimNode b = world.node(1);
    if (cut[0] || cut[1] || !reachable(a) || !reachable(b)) {
      return;
    }
    if (current != null && !current.isHalfOpen()) {
      return;
    }
    if (!a.replica().wantsLink() || !b.replica().wantsLink()) {
      return;
    }
    Connection made = new Connection(a, b);
    current = made;
    PeerHello helloA = a.replica().hello();
    PeerHello helloB = b.replica().hello();
    made.sides[0].later(() -> a.replica().linkUp(made.sides[0], helloB));
    made.sides[1].later(() -> b.replica().linkUp(made.sides[1], helloA));
  }

  private static boolean reachable(SimNode node) {
    return node.isAlive() && !node.isPaused();
  }

  void nodeDied(SimNode node) {
    if (current != null) {
      Side other = current.sides[1 - node.index()];
      current.sides[node.index()].open = false;
      if (world.random().nextBoolean()) {
        other.later(() -> other.lost("reset by the peer's kernel"));
      }
    }
  }

  /** Both ends lose the connection, each at its time. */
  void reset() {
    if (current != null) {
      for (Side side : current.sides) {
        side.later(() -> side.lost("reset"));
      }
    }
  }

  void heal() {
    cut[0] = false;
    cut[1] = false;
    if (current != null) {
      current.sides[0].flow();
      current.sides[1].flow();
    }
  }

  private final class Connection {
    final Side[] sides;

    /** Each has its way: what is under way on an old one may come after what a new one brings. */
    final long latencyNanos = 30_000 + world.random().nextLong(isFarAway() ? 20_000_000 : 300_000);

    Connection(SimNode a, SimNode b) {
      sides = new Side[] {new Side(this, a), new Side(this, b)};
    }

    private boolean isFarAway() {
      boolean scripted = world.options().profile() == SimOptions.Profile.SCRIPTED;
      return !scripted && world.random().nextInt(8) == 0;
    }

    boolean isHalfOpen() {
      return !sides[0].open || !sides[1].open;
    }
  }

  /** One end: what the node's replica sends on, and what brings it the peer's frames. */
  private final class Side implements PeerOut {
    private final Connection connection;
    private final SimNode node;
    private final long life;
    private final ArrayDeque<Runnable> stuck = new ArrayDeque<>();
    private boolean open = true;
    private long lastArrival;

    /** When everything given to the kernel so far has left this end. */
    private long busyUntil;

    private long stuckBytes;

    Side(Connection connection, SimNode node) {
      this.connection = connection;
      this.node = node;
      this.life = node.life();
    }

    private Side peer() {
      return connection.sides[1 - node.index()];
    }

    /** Something happens at this end after a while, in order with all that did before. */
    void later(Runnable action) {
      later(world.now(), action);
    }

    private void later(long departure, Runnable action) {
      long way = connection.latencyNanos + world.random().nextLong(200_000);
      lastArrival = Math.max(lastArrival + 1, departure + way);
      world.after(lastArrival - world.now(), () -> node.deliver(life, action));
    }

    private void send(long bytes, BiConsumer<Side, Replica> arrival) {
      Side peer = peer();
      Runnable frame =
          () -> {
            if (peer.open) {
              arrival.accept(peer, peer.node.replica());
            }
          };
      if (!open) {
        return;
      }
      if (cut[node.index()] || !stuck.isEmpty()) {
        stuck.add(() -> transmit(bytes, frame));
        stuckBytes += bytes;
      } else {
        transmit(bytes, frame);
      }
    }

    private void transmit(long bytes, Runnable frame) {
      long rate = world.options().linkBytesPerSecond();
      long sending = rate == 0 ? 0 : bytes * 1_000_000_000L / rate;
      busyUntil = Math.max(busyUntil, world.now()) + sending;
      peer().later(busyUntil, frame);
    }

    void flow() {
      stuckBytes = 0;
      while (!stuck.isEmpty()) {
        stuck.remove().run();
      }
    }

    void lost(String reason) {
      if (open) {
        open = false;
        node.replica().linkDown(this, reason);
      }
    }

    private static ByteBuf copy(ByteBuf data) {
      return data == null ? null : Unpooled.copiedBuffer(data);
    }

    @Override
    public void write(
        long view, long number, Command command, long offset, long length, ByteBuf payload) {
      ByteBuf data = copy(payload);
      SimRequest request = node.assignedTo(number);
      send(
          FRAME_BYTES + (data == null ? 0 : data.readableBytes()),
          (side, replica) -> {
            replica.peerWrite(side, view, number, command, offset, length, data);
            if (replica.number() == number) {
              side.node.assigned().put(number, request);
            }
          });
    }

    @Override
    public void blocks(long view, long offset, long length, ByteBuf data) {
      ByteBuf copied = copy(data);
      if (data != null) {
        data.release();
      }
      send(
          FRAME_BYTES + (data == null ? 0 : length),
          (side, replica) -> replica.peerBlocks(side, view, offset, length, copied));
    }

    @Override
    public void digests(long view, long offset, ByteBuf digests) {
      ByteBuf copied = copy(digests);
      digests.release();
      send(
          FRAME_BYTES + copied.readableBytes(),
          (side, replica) -> replica.peerDigests(side, view, offset, copied));
    }

    @Override
    public void barrier(long view) {
      send(FRAME_BYTES, (side, replica) -> replica.peerBarrier(side, view));
    }

    @Override
    public void confirm(long view, long number, long received) {
      send(FRAME_BYTES, (side, replica) -> replica.peerConfirm(side, view, number, received));
    }

    @Override
    public void heartbeat() {
      send(FRAME_BYTES, (side, replica) -> replica.peerHeartbeat(side));
    }

    @Override
    public void control(PeerControl message) {
      if (message instanceof PeerControl.DigestAnswer answer) {
        long all = -1L >>> (BackingFill.MOST_BLOCKS - answer.blocks());
        world.count(
            "looked for in the backing: "
                + (answer.missing() == 0 ? "found" : answer.missing() == all ? "missing" : "some"));
      }
      send(FRAME_BYTES, (side, replica) -> replica.peerControl(side, message));
    }

    @Override
    public long queuedBytes() {
      long unsent = Math.max(0, busyUntil - world.now()) * world.options().linkBytesPerSecond();
      return stuckBytes + Math.max(0, unsent / 1_000_000_000L - KERNEL_BYTES);
    }

    @Override
    public void close(String reason) {
      send(FRAME_BYTES, (side, replica) -> side.lost("closed by the peer: " + reason));
      open = false;
    }
  }
}
