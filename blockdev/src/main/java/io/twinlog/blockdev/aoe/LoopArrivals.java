package io.twinlog.blockdev.aoe;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.twinlog.blockdev.sys.PacketSocket;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The loop waits for the socket as for all its others: no thread hands anything over. */
final class LoopArrivals implements Arrivals {

  private static final Logger log = LoggerFactory.getLogger(LoopArrivals.class);

  private final IoEventLoop loop;
  private final Runnable arrived;
  private PacketSocket socket;
  private IoRegistration registration;

  LoopArrivals(IoEventLoop loop, Runnable arrived) {
    this.loop = loop;
    this.arrived = arrived;
  }

  @Override
  public void begin(PacketSocket opened) throws IOException {
    // On the loop this is done when it returns.
    Future<IoRegistration> registering = loop.register(new Handle(opened.descriptor()));
    if (!registering.isSuccess()) {
      opened.close();
      throw new IOException("the event loop does not take the socket", registering.cause());
    }
    socket = opened;
    registration = registering.getNow();
    registration.submit(EpollIoOps.EPOLLIN);
  }

  @Override
  public void end() {
    if (socket != null) {
      registration.cancel();
      try {
        socket.close();
      } catch (IOException e) {
        log.warn("{}", e.getMessage());
      }
      socket = null;
    }
  }

  @Override
  public void close() {}

  private void tell() {
    if (socket != null) {
      arrived.run();
    }
  }

  private final class Handle implements EpollIoHandle {
    private final FileDescriptor descriptor;

    Handle(int descriptor) {
      this.descriptor = new FileDescriptor(descriptor);
    }

    @Override
    public FileDescriptor fd() {
      return descriptor;
    }

    /** A task of its own, so that what it throws does not reach the other sockets' work. */
    @Override
    public void handle(IoRegistration from, IoEvent event) {
      loop.execute(LoopArrivals.this::tell);
    }

    @Override
    public void close() {}
  }
}
