package io.twinlog.replication.net;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Says one thing more and ends the connection. Reads on for up to a second, since closing a socket
 * with unread data resets it, and a reset overtakes the words.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write or close ends in exceptionCaught or
// channelInactive
final class LastWord extends ChannelInboundHandlerAdapter {

  private static final long LINGER_MILLIS = 1000;

  private final HandshakeFrame frame;

  private LastWord(HandshakeFrame frame) {
    this.frame = frame;
  }

  /** Takes the place of the context's handler. */
  static void say(ChannelHandlerContext context, HandshakeFrame frame) {
    context.pipeline().replace(context.handler(), null, new LastWord(frame));
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    SocketChannel channel = (SocketChannel) ctx.channel();
    ctx.writeAndFlush(Unpooled.wrappedBuffer(frame.bytes()))
        .addListener(written -> channel.shutdownOutput());
    var linger =
        ctx.executor().schedule(() -> channel.close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(closed -> linger.cancel(false));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
