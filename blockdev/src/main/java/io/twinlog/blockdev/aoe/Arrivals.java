package io.twinlog.blockdev.aoe;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.twinlog.blockdev.sys.PacketSocket;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;

/**
 * Tells, on an event loop, that frames wait on a socket. What was told of and not taken is told of
 * again. Except for {@link #close}, everything is called on the loop.
 */
interface Arrivals {

  /**
   * The kind that fits the loop: by the loop's own epoll if it has one, else by a thread.
   *
   * @param name of the thread
   * @param arrived called on the loop; may call {@link #end}
   * @param fatal told when the thread dies
   */
  static Arrivals on(EventLoop loop, String name, Runnable arrived, UncaughtExceptionHandler fatal)
      throws IOException {
    return loop instanceof IoEventLoop io && io.isIoType(EpollIoHandler.class)
        ? new LoopArrivals(io, arrived)
        : ThreadArrivals.start(loop, name, arrived, fatal);
  }

  /** Begins with this socket, whose ownership passes; there is no other at present. */
  void begin(PacketSocket socket) throws IOException;

  /**
   * Nothing is told of any more, until another {@link #begin}; the socket is, or will be, closed.
   */
  void end();

  /** After {@link #end}: waits until everything is closed, so not on the loop. */
  void close() throws IOException;
}
