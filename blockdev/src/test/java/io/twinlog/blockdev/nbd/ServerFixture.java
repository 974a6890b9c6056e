package io.twinlog.blockdev.nbd;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.twinlog.blockdev.RamBlockService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A server in this process, its loops, and one resource on each loop. */
final class ServerFixture implements AutoCloseable {

  static final long BUDGET_BYTES = 96L << 20;

  private final EventLoopGroup group;
  private final List<EventLoop> loops = new ArrayList<>();
  private final List<RamBlockService> services = new ArrayList<>();
  private final List<NbdExport> exports = new ArrayList<>();

  /** One for all: each would keep its chunks until the next garbage collection. */
  private static final PooledByteBufAllocator ALLOCATOR = new PooledByteBufAllocator(true);

  private NbdServer server;

  private ServerFixture(boolean epoll, int resources, int sizeBytes) {
    group =
        new MultiThreadIoEventLoopGroup(
            resources, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    for (int i = 0; i < resources; i++) {
      EventLoop loop = group.next();
      RamBlockService service = new RamBlockService("r" + i, sizeBytes);
      loops.add(loop);
      services.add(service);
      exports.add(new NbdExport(service, loop, "resource " + i, new InflightBudget(BUDGET_BYTES)));
    }
  }

  /** One resource named r0, on epoll. */
  static ServerFixture tcp(int sizeBytes) throws IOException {
    return tcp(true, 1, sizeBytes, NbdLimits.DEFAULT);
  }

  static ServerFixture tcp(boolean epoll, int resources, int sizeBytes, NbdLimits limits)
      throws IOException {
    ServerFixture fixture = new ServerFixture(epoll, resources, sizeBytes);
    fixture.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), limits);
    return fixture;
  }

  static ServerFixture unix(Path path, int sizeBytes) throws IOException {
    ServerFixture fixture = new ServerFixture(true, 1, sizeBytes);
    fixture.start(UnixDomainSocketAddress.of(path), NbdLimits.DEFAULT);
    return fixture;
  }

  private void start(SocketAddress address, NbdLimits limits) throws IOException {
    try {
      server = NbdServer.start(loops.get(0), address, exports, limits, ALLOCATOR);
    } catch (IOException | RuntimeException e) {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
      services.forEach(RamBlockService::close);
      throw e;
    }
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.localAddress();
  }

  int port() {
    return address().getPort();
  }

  RamBlockService service() {
    return services.get(0);
  }

  RamBlockService service(int resource) {
    return services.get(resource);
  }

  InflightBudget budget() {
    return exports.get(0).budget();
  }

  NbdServer server() {
    return server;
  }

  /** Bytes of payload and reply buffers that are in use. */
  long pinnedBytes() {
    return ALLOCATOR.pinnedDirectMemory();
  }

  /** Runs on the loop of the first resource, and waits for it. */
  <T> T onLoop(Callable<T> task) {
    return loops.get(0).submit(task).syncUninterruptibly().getNow();
  }

  void runOnLoop(Runnable task) {
    runOnLoop(0, task);
  }

  void runOnLoop(int resource, Runnable task) {
    loops.get(resource).submit(task).syncUninterruptibly();
  }

  /** Lets the loop turn until it is so; fails after a while. */
  void awaitOnLoop(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!onLoop(condition::getAsBoolean)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("never: " + what);
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (int i = 0; i < loops.size(); i++) {
      RamBlockService service = services.get(i);
      InflightBudget budget = exports.get(i).budget();
      runOnLoop(i, service::answerHeld);
      runOnLoop(
          i,
          () -> {
            if (budget.usedBytes() != 0 || service.hasListener()) {
              throw new AssertionError(
                  "after the server was closed: "
                      + budget.usedBytes()
                      + " bytes in the budget, listener "
                      + service.hasListener());
            }
          });
    }
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    services.forEach(RamBlockService::close);
    if (pinnedBytes() != 0) {
      throw new AssertionError("leaked " + pinnedBytes() + " bytes of buffers");
    }
  }
}
