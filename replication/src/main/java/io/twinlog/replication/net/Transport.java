package io.twinlog.replication.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;

/** Which of Netty's transports is used: epoll where its native library loads, otherwise NIO. */
public final class Transport {

  private static final int SMALLEST_READ = 4 << 10;
  private static final int FIRST_READ = 64 << 10;
  private static final int LARGEST_READ = 1 << 20;

  /**
   * Where the buffers of a connection to a peer come from: Netty's other pool, its default, makes
   * one of {@link #LARGEST_READ} anew for each read, and fills it with zeros.
   */
  static final ByteBufAllocator BUFFERS = PooledByteBufAllocator.DEFAULT;

  private Transport() {}

  /**
   * Event loops for resources, one thread each.
   *
   * @param name of the threads; Linux shows 15 characters, the number included
   */
  public static EventLoopGroup newGroup(int threads, String name) {
    return new MultiThreadIoEventLoopGroup(
        threads,
        new DefaultThreadFactory(name, true),
        Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
  }

  static Class<? extends SocketChannel> socketChannel(EventLoop loop) {
    return isEpoll(loop) ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  static ChannelFactory<ServerSocketChannel> serverChannel(EventLoop loop) {
    return isEpoll(loop) ? EpollServerSocketChannel::new : MovableNio.Server::new;
  }

  /**
   * Sets what every connection to a peer has. The socket buffers are left to the kernel: a size of
   * our own would switch its tuning off, and end at {@code net.core.wmem_max}, below what it tunes
   * to.
   */
  static void configure(Channel channel) {
    channel.config().setOption(ChannelOption.TCP_NODELAY, true);
    channel.config().setAllocator(BUFFERS);
    channel.config().setRecvByteBufAllocator(readSizes());
  }

  static RecvByteBufAllocator readSizes() {
    return new AdaptiveRecvByteBufAllocator(SMALLEST_READ, FIRST_READ, LARGEST_READ);
  }

  static boolean isEpoll(EventLoop loop) {
    return loop instanceof IoEventLoop io && io.isIoType(EpollIoHandler.class);
  }
}
