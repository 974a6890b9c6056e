package io.twinlog.blockdev.nbd;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;

/** Moves a channel to another event loop. */
final class ChannelMove {

  private ChannelMove() {}

  /**
   * Stops reading, waits until everything written is with the socket, moves, and runs {@code then}
   * on the new loop; reading stays off. If anything fails the channel is closed instead.
   */
  static void move(Channel channel, EventLoop target, Runnable then) {
    channel.config().setAutoRead(false);
    onSuccess(
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER),
        () -> onSuccess(channel.deregister(), () -> onSuccess(target.register(channel), then)));
  }

  private static void onSuccess(ChannelFuture future, Runnable next) {
    future.addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    future.addListener(
        done -> {
          if (done.isSuccess()) {
            next.run();
          }
        });
  }
}
