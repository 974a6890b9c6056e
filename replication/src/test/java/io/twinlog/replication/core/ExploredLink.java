package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.BlockRequest.Command;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** One connection of the explored world: frames in order, until an end closes it or it is cut. */
final class ExploredLink {

  private enum Type {
    UP,
    WRITE,
    BLOCKS,
    DIGESTS,
    BARRIER,
    CONFIRM,
    HEARTBEAT,
    CONTROL,
    LOST
  }

  private record Frame(
      Type type,
      long view,
      long number,
      Command command,
      long offset,
      long length,
      ByteBuffer data,
      Object message) {

    static Frame of(Type type, long view, long number, long offset, Object message) {
      return new Frame(type, view, number, null, offset, 0, null, message);
    }
  }

  private final End[] ends = new End[2];

  ExploredLink(PeerHello hello0, PeerHello hello1) {
    ends[0] = new End(this, 0);
    ends[1] = new End(this, 1);
    ends[0].inbound.add(Frame.of(Type.UP, 0, 0, 0, hello1));
    ends[1].inbound.add(Frame.of(Type.UP, 0, 0, 0, hello0));
  }

  /** Whether neither end has anything more to do with it. */
  boolean isOver() {
    return !ends[0].open && !ends[1].open;
  }

  boolean hasFrameFor(int node) {
    return ends[node].open && !ends[node].inbound.isEmpty();
  }

  String nextFor(int node) {
    Frame next = ends[node].inbound.peek();
    return next.type
        + " v"
        + next.view
        + " #"
        + next.number
        + (next.message == null ? "" : " " + next.message);
  }

  void deliver(int node, Replica replica) {
    ends[node].deliver(ends[node].inbound.remove(), replica);
  }

  /** Everything under way is lost, and both ends will hear that. */
  void cut() {
    lost(0);
    lost(1);
  }

  /** The process at this end has died; what it had sent may still arrive. */
  void died(int node) {
    ends[node].open = false;
    ends[1 - node].inbound.add(Frame.of(Type.LOST, 0, 0, 0, "the peer died"));
  }

  private void lost(int node) {
    ends[node].inbound.clear();
    ends[node].inbound.add(Frame.of(Type.LOST, 0, 0, 0, "cut"));
  }

  private static final class End implements PeerOut {
    private final ExploredLink link;
    private final int node;
    private final ArrayDeque<Frame> inbound = new ArrayDeque<>();
    private boolean open = true;

    End(ExploredLink link, int node) {
      this.link = link;
      this.node = node;
    }

    private void send(Frame frame) {
      End peer = link.ends[1 - node];
      if (open && peer.open) {
        peer.inbound.add(frame);
      }
    }

    private void deliver(Frame frame, Replica replica) {
      ByteBuf data = frame.data == null ? null : Unpooled.wrappedBuffer(frame.data.duplicate());
      switch (frame.type) {
        case UP -> replica.linkUp(this, (PeerHello) frame.message);
        case WRITE ->
            replica.peerWrite(
                this, frame.view, frame.number, frame.command, frame.offset, frame.length, data);
        case BLOCKS -> replica.peerBlocks(this, frame.view, frame.offset, frame.length, data);
        case DIGESTS -> replica.peerDigests(this, frame.view, frame.offset, data);
        case BARRIER -> replica.peerBarrier(this, frame.view);
        case CONFIRM -> replica.peerConfirm(this, frame.view, frame.number, frame.offset);
        case HEARTBEAT -> replica.peerHeartbeat(this);
        case CONTROL -> replica.peerControl(this, (PeerControl) frame.message);
        case LOST -> {
          open = false;
          inbound.clear();
          replica.linkDown(this, (String) frame.message);
        }
      }
    }

    private static ByteBuffer bytes(ByteBuf data) {
      if (data == null) {
        return null;
      }
      byte[] bytes = new byte[data.readableBytes()];
      data.getBytes(data.readerIndex(), bytes);
      return ByteBuffer.wrap(bytes);
    }

    @Override
    public void write(
        long view, long number, Command command, long offset, long length, ByteBuf payload) {
      send(new Frame(Type.WRITE, view, number, command, offset, length, bytes(payload), null));
    }

    @Override
    public void blocks(long view, long offset, long length, ByteBuf data) {
      send(new Frame(Type.BLOCKS, view, 0, null, offset, length, bytes(data), null));
      if (data != null) {
        data.release();
      }
    }

    @Override
    public void digests(long view, long offset, ByteBuf digests) {
      send(new Frame(Type.DIGESTS, view, 0, null, offset, 0, bytes(digests), null));
      digests.release();
    }

    @Override
    public void barrier(long view) {
      send(Frame.of(Type.BARRIER, view, 0, 0, null));
    }

    @Override
    public void confirm(long view, long number, long received) {
      send(Frame.of(Type.CONFIRM, view, number, received, null));
    }

    @Override
    public void heartbeat() {
      send(Frame.of(Type.HEARTBEAT, 0, 0, 0, null));
    }

    @Override
    public void control(PeerControl message) {
      send(Frame.of(Type.CONTROL, 0, 0, 0, message));
    }

    @Override
    public long queuedBytes() {
      return 0;
    }

    @Override
    public void close(String reason) {
      send(Frame.of(Type.LOST, 0, 0, 0, "closed by the peer"));
      open = false;
      inbound.clear();
    }
  }
}
