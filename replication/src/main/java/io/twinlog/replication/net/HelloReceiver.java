package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Reads an accepted connection's hello and hands the connection to the resource it names. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in exceptionCaught or
// channelInactive
final class HelloReceiver extends ChannelInboundHandlerAdapter {

  private final PeerEndpoint endpoint;
  private final PeerEndpoint.Slot slot;
  private final HandshakeFrame.Reader reader = new HandshakeFrame.Reader();
  private ScheduledFuture<?> timeout;

  /** Whether the connection is somebody else's concern now. */
  private boolean over;

  HelloReceiver(PeerEndpoint endpoint, PeerEndpoint.Slot slot) {
    this.endpoint = endpoint;
    this.slot = slot;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    timeout =
        ctx.executor()
            .schedule(
                () -> drop(ctx, "no hello within the handshake's time"),
                slot.deadlineNanos() - System.nanoTime(),
                TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      if (over) {
        return;
      }
      HandshakeFrame frame = reader.read(in);
      if (frame == null) {
        return;
      }
      // Whoever speaks on without an answer is no dialer of ours.
      if (frame.kind() != HandshakeFrame.Kind.HELLO || in.isReadable()) {
        drop(ctx, "the handshake does not begin with a hello");
        return;
      }
      dispatch(ctx, frame);
    } catch (FrameException e) {
      drop(ctx, e.getMessage());
    } finally {
      in.release();
    }
  }

  private void dispatch(ChannelHandlerContext ctx, HandshakeFrame hello) {
    PeerConnector connector;
    try {
      String resource = HelloCheck.read(hello).getResource();
      connector = endpoint.find(resource);
      if (connector == null) {
        throw HandshakeRefused.here("no resource " + resource + " here");
      }
    } catch (HandshakeRefused e) {
      endpoint.tell("refused", "refuses " + peer(ctx) + ": " + e.getMessage());
      ctx.channel().closeFuture().addListener(gone -> slot.release());
      finish();
      LastWord.say(ctx, Handshake.refusal(e.getMessage()));
      return;
    }
    finish();
    Channel channel = ctx.channel();
    channel.pipeline().remove(this);
    Handover.move(
        channel,
        connector.loop(),
        moved -> connector.accept(moved, hello, slot),
        failure -> {
          slot.release();
          endpoint.tell("refused", "cannot hand a connection over: " + failure.getMessage());
        });
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    drop(ctx, "closed before its hello");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    drop(ctx, String.valueOf(cause.getMessage()));
  }

  private void drop(ChannelHandlerContext ctx, String reason) {
    if (!over) {
      finish();
      slot.release();
      ctx.close();
      endpoint.tell("refused", "drops a connection from " + peer(ctx) + ": " + reason);
    }
  }

  private void finish() {
    over = true;
    timeout.cancel(false);
  }

  /** The address without the port, which is another one each time. */
  private static String peer(ChannelHandlerContext ctx) {
    return ctx.channel().remoteAddress() instanceof java.net.InetSocketAddress address
        ? address.getHostString()
        : "a stranger";
  }
}
