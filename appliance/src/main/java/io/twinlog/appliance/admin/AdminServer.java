package io.twinlog.appliance.admin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/** Serves administration on a Unix socket that only the node's own user may connect to. */
public final class AdminServer implements AutoCloseable {

  /** More than any operator and monitoring have open at once. */
  private static final int MAX_CONNECTIONS = 64;

  /** A client sends its request at once. */
  private static final int REQUEST_TIMEOUT_SECONDS = 5;

  /** A reader who lets this much pile up is cut off. */
  private static final int MAX_BACKLOG_BYTES = 4 * AdminWire.MAX_REPLY_BYTES;

  /** The kernel's limit for the address of a Unix socket, less the ending zero (unix(7)). */
  private static final int MAX_SOCKET_PATH_BYTES = 107;

  private final Path socket;
  private final AdminService service;
  private final MultiThreadIoEventLoopGroup group;
  private final ChannelGroup sessions;

  private AdminServer(Path socket, AdminService service) {
    this.socket = socket;
    this.service = service;
    this.group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("tl-admin", true), NioIoHandler.newFactory());
    this.sessions = new DefaultChannelGroup(group.next());
  }

  /**
   * Begins to serve in {@code runDir}, whose lock the caller holds: a socket left behind by an
   * earlier process is replaced.
   *
   * @throws IOException when the socket cannot be made; the message is for an operator
   */
  public static AdminServer start(Path runDir, AdminService service) throws IOException {
    Path socket = AdminWire.socket(runDir);
    Path unready = runDir.resolve("admin.new");
    if (unready.toString().getBytes(StandardCharsets.UTF_8).length > MAX_SOCKET_PATH_BYTES) {
      throw new IOException(
          "the run directory's name is too long for a Unix socket in it: " + runDir);
    }
    AdminServer server = new AdminServer(socket, service);
    try {
      // It gets its name only when nobody else can connect any more.
      Files.deleteIfExists(unready);
      server.bind(unready);
      Files.setPosixFilePermissions(unready, PosixFilePermissions.fromString("rw-------"));
      Files.move(unready, socket, StandardCopyOption.ATOMIC_MOVE);
      return server;
    } catch (IOException e) {
      server.close();
      throw e;
    }
  }

  private void bind(Path path) throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerDomainSocketChannel.class)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(MAX_BACKLOG_BYTES / 2, MAX_BACKLOG_BYTES))
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel);
                  }
                });
    var bound = bootstrap.bind(UnixDomainSocketAddress.of(path)).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException("cannot listen at " + path + ": " + bound.cause().getMessage());
    }
  }

  private void accept(Channel channel) {
    if (sessions.size() >= MAX_CONNECTIONS) {
      var unused = channel.close();
      return;
    }
    sessions.add(channel);
    channel
        .pipeline()
        .addLast(new ReadTimeoutHandler(REQUEST_TIMEOUT_SECONDS))
        .addLast(
            new LengthFieldBasedFrameDecoder(
                AdminWire.LENGTH_BYTES + AdminWire.MAX_REQUEST_BYTES,
                0,
                AdminWire.LENGTH_BYTES,
                0,
                AdminWire.LENGTH_BYTES))
        .addLast(new LengthFieldPrepender(AdminWire.LENGTH_BYTES))
        .addLast(new AdminSession(service));
  }

  /** Takes no more requests and ends the open ones; idempotent. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      // The next start replaces it.
    }
    // Closes every channel of the group, the listening one too.
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
  }
}
