package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Carries a {@link Handshake} out on a connection, within its time and in its bounds. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in exceptionCaught or
// channelInactive
final class HandshakeHandler extends ChannelInboundHandlerAdapter {

  /** Hears one of these, once. */
  interface Owner {
    /** The link is up: replaces the context's handler; what else arrived is fired from there on. */
    void established(ChannelHandlerContext context, Handshake handshake);

    /** One of the two nodes refuses; the other has been told. */
    void refused(String line);

    /** The connection failed. */
    void broken(String line);
  }

  private final Handshake handshake;
  private final HandshakeFrame first;
  private final long deadlineNanos;
  private final Owner owner;
  private final HandshakeFrame.Reader reader = new HandshakeFrame.Reader();
  private ScheduledFuture<?> timeout;
  private boolean begun;
  private boolean over;

  /**
   * Begins when the channel is active.
   *
   * @param first what an acceptor has read already; null for a dialer
   * @param deadlineNanos in terms of {@link System#nanoTime}
   */
  HandshakeHandler(Handshake handshake, HandshakeFrame first, long deadlineNanos, Owner owner) {
    this.handshake = handshake;
    this.first = first;
    this.deadlineNanos = deadlineNanos;
    this.owner = owner;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    if (ctx.channel().isActive()) {
      begin(ctx);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    begin(ctx);
  }

  private void begin(ChannelHandlerContext ctx) {
    if (begun) {
      return;
    }
    begun = true;
    timeout =
        ctx.executor()
            .schedule(
                () -> broken(ctx, "no answer within the handshake's time"),
                deadlineNanos - System.nanoTime(),
                TimeUnit.NANOSECONDS);
    if (first == null) {
      send(ctx, handshake.start());
    } else {
      take(ctx, first);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      while (!over) {
        HandshakeFrame frame = reader.read(in);
        if (frame == null) {
          return;
        }
        take(ctx, frame);
      }
      if (handshake.isDone() && in.isReadable()) {
        ctx.pipeline().fireChannelRead(in.retain());
      }
    } catch (FrameException e) {
      broken(ctx, e.getMessage());
    } finally {
      in.release();
    }
  }

  private void take(ChannelHandlerContext ctx, HandshakeFrame frame) {
    try {
      send(ctx, handshake.receive(frame));
      if (handshake.isDone()) {
        finish();
        owner.established(ctx, handshake);
      }
    } catch (HandshakeRefused e) {
      finish();
      if (e.isByPeer()) {
        ctx.close();
        owner.refused("peer refuses: " + e.getMessage());
      } else {
        LastWord.say(ctx, Handshake.refusal(e.getMessage()));
        owner.refused("refuses the peer: " + e.getMessage());
      }
    }
  }

  private static void send(ChannelHandlerContext ctx, List<HandshakeFrame> frames) {
    for (HandshakeFrame frame : frames) {
      ctx.write(Unpooled.wrappedBuffer(frame.bytes()), ctx.voidPromise());
    }
    ctx.flush();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    broken(ctx, "the connection was closed during the handshake");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    broken(ctx, "the handshake failed: " + cause.getMessage());
  }

  private void broken(ChannelHandlerContext ctx, String line) {
    if (!over) {
      finish();
      ctx.close();
      owner.broken(Text.printable(line));
    }
  }

  private void finish() {
    over = true;
    if (timeout != null) {
      timeout.cancel(false);
    }
  }
}
