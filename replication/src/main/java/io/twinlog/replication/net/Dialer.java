package io.twinlog.replication.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.util.function.Consumer;

/** Opens connections to one peer. */
@SuppressWarnings("FutureReturnValueIgnored") // the outcome is heard by the listener
final class Dialer {

  private static final int CONNECT_MILLIS = 2000;

  private final EventLoop loop;
  private final PeerAddress address;

  Dialer(EventLoop loop, PeerAddress address) {
    this.loop = loop;
    this.address = address;
  }

  PeerAddress address() {
    return address;
  }

  /** Tries once, for 2 s; one of the two is called on the loop. */
  void dial(Consumer<Channel> connected, Consumer<Throwable> failed) {
    new Bootstrap()
        .group(loop)
        .channel(Transport.socketChannel(loop))
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.ALLOCATOR, Transport.BUFFERS)
        .option(ChannelOption.RECVBUF_ALLOCATOR, Transport.readSizes())
        .handler(new ChannelInboundHandlerAdapter())
        .connect(address.unresolved())
        .addListener(
            (ChannelFuture outcome) -> {
              if (outcome.isSuccess()) {
                connected.accept(outcome.channel());
              } else {
                failed.accept(outcome.cause());
              }
            });
  }
}
