package io.twinlog.replication.net;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The address where a node takes its peers' connections, for all its resources: the resource's name
 * in the dialer's hello decides whose it is. Strangers are kept in bounds: at most 16 connections
 * at once that have not proved who they are, 5 s each, one message of at most 64 KiB at a time.
 * Thread-safe.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // what matters of a channel is heard through its handlers
public final class PeerEndpoint implements AutoCloseable {

  static final int MAX_STRANGERS = 16;

  private static final Logger LOG = LoggerFactory.getLogger(PeerEndpoint.class);
  private static final int BACKLOG = 64;
  private static final long HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Map<String, PeerConnector> connectors = new ConcurrentHashMap<>();
  private final AtomicInteger strangers = new AtomicInteger();
  private final Notices notices =
      new Notices(System::nanoTime, (state, line) -> LOG.warn("{}: {}", state, line));
  private Channel listener;

  private PeerEndpoint() {}

  /**
   * Begins to listen.
   *
   * @param loop accepts; the connections move to their resources' loops
   * @throws IOException when the address cannot be listened at; the message names it
   */
  public static PeerEndpoint open(PeerAddress address, EventLoop loop) throws IOException {
    PeerEndpoint endpoint = new PeerEndpoint();
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loop)
            .channelFactory(Transport.serverChannel(loop))
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.ALLOCATOR, Transport.BUFFERS)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Transport.readSizes())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    endpoint.admit(channel);
                  }
                })
            .bind(new InetSocketAddress(address.host(), address.port()))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen at " + address + ": " + bound.cause().getMessage(), bound.cause());
    }
    endpoint.listener = bound.channel();
    return endpoint;
  }

  /** The port that is listened at. */
  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Ends listening; connections that were handed on stay. Idempotent. */
  @Override
  public void close() {
    listener.close().awaitUninterruptibly();
  }

  void register(PeerConnector connector) {
    if (connectors.putIfAbsent(connector.resource(), connector) != null) {
      throw new IllegalStateException("two resources are named " + connector.resource());
    }
  }

  void unregister(PeerConnector connector) {
    connectors.remove(connector.resource(), connector);
  }

  /** Null when this node has no such resource. */
  PeerConnector find(String resource) {
    return connectors.get(resource);
  }

  void tell(String state, String line) {
    notices.tell(state, line);
  }

  private void admit(Channel channel) {
    if (strangers.incrementAndGet() > MAX_STRANGERS) {
      strangers.decrementAndGet();
      tell("refused", "too many connections that have not proved who they are");
      channel.close();
      return;
    }
    Slot slot = new Slot(System.nanoTime() + HANDSHAKE_NANOS, strangers);
    channel.pipeline().addLast(new HelloReceiver(this, slot));
  }

  /** The right to be connected without being known, for a limited time. */
  static final class Slot {
    private final long deadlineNanos;
    private final AtomicInteger taken;
    private final AtomicBoolean released = new AtomicBoolean();

    private Slot(long deadlineNanos, AtomicInteger taken) {
      this.deadlineNanos = deadlineNanos;
      this.taken = taken;
    }

    /** In terms of {@link System#nanoTime}. */
    long deadlineNanos() {
      return deadlineNanos;
    }

    /** Idempotent. */
    void release() {
      if (released.compareAndSet(false, true)) {
        taken.decrementAndGet();
      }
    }
  }
}
