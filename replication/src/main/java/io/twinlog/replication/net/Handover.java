package io.twinlog.replication.net;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.util.function.Consumer;

/**
 * Moves an accepted connection to the event loop of its resource, which is known only after the
 * peer's hello. Netty's pipelines remember their first loop, so the socket gets a new channel; the
 * old one is deregistered, left alone and never closed, for the socket is no longer its own.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // what matters of a channel is heard through its handlers
final class Handover {

  private Handover() {}

  /**
   * Moves the connection; the peer must be waiting for an answer, so that nothing arrives
   * meanwhile.
   *
   * @param channel registered, and called on its loop
   * @param taker called on {@code loop} with a registered channel, at once if it is the same loop;
   *     not called when the connection ends meanwhile
   * @param failed called on any thread when it did not work; the connection is closed
   */
  static void move(
      Channel channel, EventLoop loop, Consumer<Channel> taker, Consumer<Throwable> failed) {
    if (channel.eventLoop() == loop) {
      taker.accept(channel);
      return;
    }
    if (Transport.isEpoll(loop) != channel instanceof EpollSocketChannel) {
      throw new IllegalArgumentException("event loops of different transports");
    }
    channel
        .deregister()
        .addListener(
            gone -> {
              if (!gone.isSuccess()) {
                channel.close();
                failed.accept(gone.cause());
                return;
              }
              Channel moved = successor(channel);
              Transport.configure(moved);
              loop.register(moved)
                  .addListener(
                      registered -> {
                        if (registered.isSuccess()) {
                          taker.accept(moved);
                        } else {
                          failed.accept(registered.cause());
                        }
                      });
            });
  }

  private static Channel successor(Channel channel) {
    if (channel instanceof EpollSocketChannel epoll) {
      return new EpollSocketChannel(epoll.fd().intValue());
    }
    return new NioSocketChannel(((MovableNio.Client) channel).socket());
  }
}
