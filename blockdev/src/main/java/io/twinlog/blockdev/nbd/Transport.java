package io.twinlog.blockdev.nbd;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/** Which kind of server socket fits an address and the event loops it is to run on. */
final class Transport {

  private final boolean epoll;
  private final SocketAddress address;

  /** {@code address} is an {@link InetSocketAddress} or a {@link UnixDomainSocketAddress}. */
  Transport(EventLoopGroup group, SocketAddress address) {
    if (!(address instanceof InetSocketAddress) && !(address instanceof UnixDomainSocketAddress)) {
      throw new IllegalArgumentException("neither a TCP nor a Unix socket address: " + address);
    }
    this.epoll =
        group instanceof IoEventLoopGroup ioGroup && ioGroup.isIoType(EpollIoHandler.class);
    this.address = address;
    if (path() != null && !epoll) {
      throw new IllegalArgumentException("a Unix socket needs the epoll transport: " + address);
    }
  }

  /** The file of a Unix socket, or null. */
  Path path() {
    return address instanceof UnixDomainSocketAddress unix ? unix.getPath() : null;
  }

  /** Sets the kind of socket and what belongs to it. */
  void apply(ServerBootstrap bootstrap) {
    bootstrap.channel(serverChannel());
    if (path() == null) {
      bootstrap
          .option(ChannelOption.SO_REUSEADDR, true)
          .childOption(ChannelOption.TCP_NODELAY, true)
          .childOption(ChannelOption.SO_KEEPALIVE, true);
    }
  }

  /** The address in the form the kind of socket wants. */
  SocketAddress bindAddress() {
    return path() != null ? new DomainSocketAddress(path().toString()) : address;
  }

  /** Removes the file of a Unix socket if nobody listens on it: a crash leaves it behind. */
  void removeStaleFile() throws IOException {
    if (path() == null || !Files.exists(path())) {
      return;
    }
    if (!Files.readAttributes(path(), BasicFileAttributes.class).isOther()) {
      throw new IOException(path() + " exists and is no socket");
    }
    if (isServed()) {
      throw new IOException(path() + " is served by another process");
    }
    Files.delete(path());
  }

  private boolean isServed() throws IOException {
    try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
      return probe.isConnected();
    } catch (ConnectException nobody) {
      return false;
    }
  }

  private Class<? extends ServerChannel> serverChannel() {
    if (path() == null) {
      return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    }
    return EpollServerDomainSocketChannel.class;
  }
}
