package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.replication.core.PeerControl;
import io.twinlog.replication.core.PeerOut;

/**
 * One established connection to the peer: frames in and out. Lives from the end of the handshake
 * until the connection ends; everything on the resource's event loop.
 *
 * <p>The replica hears of the end exactly once, unless it closed the link itself, and never from
 * inside one of its own calls.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in exceptionCaught or
// channelInactive
final class PeerLink extends ChannelInboundHandlerAdapter implements PeerOut, FrameDecoder.Sink {

  /** What a link needs of its surroundings. */
  interface Owner {
    PeerEvents events();

    long deviceBytes();

    /** More queued than this is a peer that does not read: the connection is closed. */
    long maxQueuedBytes();

    /** A burst of data was read. */
    void linkRead();

    /** Something was written: {@link PeerLink#flushTurn} is to be called at the end of the turn. */
    void linkWrote();

    /** The connection is gone. */
    void linkEnded(PeerLink link);

    /** The replica threw: it cannot be trusted any more. */
    void replicaFailed(Throwable cause);
  }

  private final Owner owner;
  private ChannelHandlerContext context;
  private FrameDecoder decoder;
  private FrameWriter writer;
  private boolean unflushed;

  /** Why the link is over; null while it is up. Nothing goes in or out afterwards. */
  private String ended;

  /** Whether the replica knows that the link is over. */
  private boolean reported;

  PeerLink(Owner owner) {
    this.owner = owner;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
    decoder = new FrameDecoder(ctx.alloc(), owner.deviceBytes(), this);
    writer = new FrameWriter(ctx);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    decoder.close();
    writer.close();
  }

  // From the peer

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    owner.linkRead();
    try {
      decoder.feed((ByteBuf) message);
    } catch (FrameException e) {
      fail("malformed data from the peer: " + e.getMessage());
    } catch (RuntimeException | Error e) {
      fail("this node failed");
      owner.replicaFailed(e);
    }
  }

  @Override
  public void frame(FrameHeader header, ByteBuf payload) throws FrameException {
    PeerEvents events = owner.events();
    long view = header.view();
    switch (header.type()) {
      case WRITE -> write(header, Command.WRITE, payload);
      case WRITE_ZEROES -> write(header, Command.WRITE_ZEROES, null);
      case TRIM -> write(header, Command.TRIM, null);
      case BLOCKS, ZERO_BLOCKS ->
          events.blocks(this, view, header.offset(), header.length(), payload);
      case DIGESTS -> events.digests(this, view, header.offset(), payload);
      case BARRIER -> events.barrier(this, view);
      case CONFIRM -> events.confirm(this, view, header.number(), header.offset());
      case HEARTBEAT -> events.heartbeat(this);
      case CONTROL -> events.control(this, ControlCodec.decode(payload));
    }
  }

  private void write(FrameHeader header, Command command, ByteBuf payload) {
    owner
        .events()
        .write(
            this,
            header.view(),
            header.number(),
            command,
            header.offset(),
            header.length(),
            payload);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    end("the peer closed the connection");
    report();
    owner.linkEnded(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // May be the outcome of a write inside a call of the replica: so only close here.
    fail("connection lost: " + cause.getMessage());
  }

  // To the peer

  @Override
  public void write(
      long view, long number, Command command, long offset, long length, ByteBuf payload) {
    if (ended != null) {
      return;
    }
    switch (command) {
      case WRITE -> {
        if (payload.readableBytes() != length) {
          throw new IllegalArgumentException(
              "WRITE of " + length + " bytes with " + payload.readableBytes());
        }
        writer.write(FrameType.WRITE, view, number, offset, payload.retainedSlice());
      }
      case WRITE_ZEROES -> writer.write(FrameType.WRITE_ZEROES, view, number, offset, length);
      case TRIM -> writer.write(FrameType.TRIM, view, number, offset, length);
      case READ, FLUSH -> throw new IllegalArgumentException(command + " is not replicated");
    }
    wrote();
  }

  @Override
  public void blocks(long view, long offset, long length, ByteBuf data) {
    if (ended != null) {
      if (data != null) {
        data.release();
      }
      return;
    }
    if (data == null) {
      writer.write(FrameType.ZERO_BLOCKS, view, 0, offset, length);
    } else {
      writer.write(FrameType.BLOCKS, view, 0, offset, data);
    }
    wrote();
  }

  @Override
  public void digests(long view, long offset, ByteBuf digests) {
    if (ended != null) {
      digests.release();
      return;
    }
    writer.write(FrameType.DIGESTS, view, 0, offset, digests);
    wrote();
  }

  @Override
  public void barrier(long view) {
    send(FrameType.BARRIER, view, 0, 0);
  }

  @Override
  public void confirm(long view, long number, long received) {
    send(FrameType.CONFIRM, view, number, received);
  }

  @Override
  public void heartbeat() {
    send(FrameType.HEARTBEAT, 0, 0, 0);
  }

  @Override
  public void control(PeerControl message) {
    if (ended == null) {
      ByteBuf payload = Unpooled.wrappedBuffer(ControlCodec.encode(message));
      writer.write(FrameType.CONTROL, 0, 0, 0, payload);
      wrote();
    }
  }

  private void send(FrameType type, long view, long number, long offset) {
    if (ended == null) {
      writer.write(type, view, number, offset, 0);
      wrote();
    }
  }

  private void wrote() {
    unflushed = true;
    owner.linkWrote();
    long queued = queuedBytes();
    if (queued > owner.maxQueuedBytes()) {
      fail("the peer does not read: " + queued + " bytes wait for it");
    }
  }

  /** For tests. */
  ChannelHandlerContext context() {
    return context;
  }

  /** Gives everything written to the socket; called at the end of a loop turn. */
  void flushTurn() {
    if (unflushed && ended == null) {
      unflushed = false;
      context.flush();
    }
  }

  /** {@inheritDoc} Counts some 100 bytes of bookkeeping for each frame, too. */
  @Override
  public long queuedBytes() {
    ChannelOutboundBuffer queue = context.channel().unsafe().outboundBuffer();
    return queue == null ? 0 : queue.totalPendingWriteBytes();
  }

  // The end

  @Override
  public void close(String reason) {
    reported = true;
    if (ended == null) {
      // A last word, such as a goodbye, still leaves when the socket takes it at once.
      context.flush();
      fail(reason);
    }
  }

  /** Ends the link and tells the replica at once; never to be called from inside the replica. */
  void closeAndReport(String reason) {
    fail(reason);
    report();
  }

  private void fail(String reason) {
    if (ended == null) {
      end(reason);
      context.close();
    }
  }

  private void end(String reason) {
    if (ended == null) {
      ended = reason;
      decoder.close();
    }
  }

  private void report() {
    if (!reported) {
      reported = true;
      try {
        owner.events().linkDown(this, ended);
      } catch (RuntimeException | Error e) {
        owner.replicaFailed(e);
      }
    }
  }
}
