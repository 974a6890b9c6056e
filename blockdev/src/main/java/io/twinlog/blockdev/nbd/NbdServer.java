package io.twinlog.blockdev.nbd;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An NBD server on one address, for one or several exports. Clients negotiate on the loops of the
 * group it was started with and are served on the loop of the export they choose.
 */
public final class NbdServer implements AutoCloseable {

  /** Above this many bytes of unread replies a client gets no further request in. */
  private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(1 << 20, 4 << 20);

  private final Transport transport;
  private final ExportTable exports;
  private final NbdLimits limits;
  private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final AtomicInteger connections = new AtomicInteger();
  private Channel listener;

  private NbdServer(Transport transport, ExportTable exports, NbdLimits limits) {
    this.transport = transport;
    this.exports = exports;
    this.limits = limits;
  }

  /**
   * Listens and serves. Waits, so not on an event loop.
   *
   * @param group accepts and negotiates: epoll loops, or NIO ones; the loops of the exports are of
   *     the same kind. With one export its own loop is best: then no channel ever moves.
   * @param address an {@link java.net.InetSocketAddress} (port 0: any), or a {@link
   *     java.net.UnixDomainSocketAddress}, whose file must not be in use
   * @param exports at least one; names differ
   * @param allocator for payloads and replies
   * @throws IOException the address cannot be had
   */
  public static NbdServer start(
      EventLoopGroup group,
      SocketAddress address,
      List<NbdExport> exports,
      NbdLimits limits,
      ByteBufAllocator allocator)
      throws IOException {
    if (exports.isEmpty()) {
      throw new IllegalArgumentException("a server needs an export");
    }
    NbdServer server =
        new NbdServer(new Transport(group, address), new ExportTable(exports), limits);
    server.open(group, allocator);
    return server;
  }

  /** Where it listens, with the port it really has. */
  public SocketAddress localAddress() {
    return listener.localAddress();
  }

  /** Connections that are open now; on any thread. */
  public int connections() {
    return connections.get();
  }

  /** Stops accepting and closes every client; waits, so not on an event loop. Idempotent. */
  @Override
  public void close() throws IOException {
    listener.close().awaitUninterruptibly();
    clients.close().awaitUninterruptibly();
    for (ServedExport served : exports.all()) {
      served
          .export()
          .loop()
          .submit(() -> served.export().service().removeListener(served))
          .awaitUninterruptibly();
    }
    if (transport.path() != null) {
      Files.deleteIfExists(transport.path());
    }
  }

  private void open(EventLoopGroup group, ByteBufAllocator allocator) throws IOException {
    transport.removeStaleFile();
    for (ServedExport served : exports.all()) {
      served
          .export()
          .loop()
          .submit(() -> served.export().service().addListener(served))
          .awaitUninterruptibly();
    }
    ServerBootstrap bootstrap = new ServerBootstrap().group(group);
    transport.apply(bootstrap);
    ChannelFuture bound =
        bootstrap
            .childOption(ChannelOption.ALLOCATOR, allocator)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel client) {
                    accept(client);
                  }
                })
            .bind(transport.bindAddress())
            .awaitUninterruptibly();
    listener = bound.channel();
    if (!bound.isSuccess()) {
      close();
      throw new IOException("cannot listen on " + transport.bindAddress(), bound.cause());
    }
  }

  private void accept(Channel client) {
    client.closeFuture().addListener(closed -> connections.decrementAndGet());
    if (connections.incrementAndGet() > limits.maxConnections()) {
      ClientLog.refused(client, "all connections are taken");
      var unused = client.close();
      return;
    }
    clients.add(client);
    client.config().setRecvByteBufAllocator(new ReceiveBuffers());
    client.pipeline().addLast("negotiation", new NegotiationHandler(client, exports, limits));
  }
}
