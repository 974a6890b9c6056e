package io.twinlog.blockdev.aoe;

import io.netty.channel.EventLoop;
import io.twinlog.blockdev.sys.PacketPoll;
import io.twinlog.blockdev.sys.PacketSocket;
import io.twinlog.blockdev.sys.WakeUp;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread that only waits for frames, for a loop that cannot: it has to be woken by it then. */
final class ThreadArrivals implements Arrivals {

  private static final Logger log = LoggerFactory.getLogger(ThreadArrivals.class);

  /** How long the thread waits for frames at a time. */
  private static final int POLL_MILLIS = 1000;

  private final EventLoop loop;
  private final Runnable arrived;
  private final WakeUp wakeUp;
  private final Semaphore mayPoll = new Semaphore(0);
  private final Thread thread;
  private final List<PacketSocket> retired = new ArrayList<>();

  /** Whether the thread waits for frames, or is about to. */
  private boolean letGo;

  /** Changed on the loop; the thread polls what it was when it was let go. */
  private volatile PacketSocket socket;

  private volatile boolean closing;

  private ThreadArrivals(
      EventLoop loop, String name, Runnable arrived, UncaughtExceptionHandler fatal)
      throws IOException {
    this.loop = loop;
    this.arrived = arrived;
    this.wakeUp = WakeUp.open();
    this.thread = new Thread(() -> poll(fatal), name);
  }

  static ThreadArrivals start(
      EventLoop loop, String name, Runnable arrived, UncaughtExceptionHandler fatal)
      throws IOException {
    ThreadArrivals arrivals = new ThreadArrivals(loop, name, arrived, fatal);
    arrivals.thread.start();
    return arrivals;
  }

  @Override
  public void begin(PacketSocket opened) {
    socket = opened;
    if (!letGo) {
      letGo();
    }
  }

  @Override
  public void end() {
    if (socket != null) {
      retired.add(socket);
      socket = null;
      if (letGo) {
        // The thread may be waiting on it: it is closed when the thread has come back.
        wake();
      } else {
        closeRetired();
      }
    }
  }

  private void wake() {
    try {
      wakeUp.wake();
    } catch (IOException e) {
      // The thread comes back by itself soon.
      log.warn("{}: {}", thread.getName(), e.getMessage());
    }
  }

  private void closeRetired() {
    for (PacketSocket left : retired) {
      try {
        left.close();
      } catch (IOException e) {
        log.warn("{}: {}", thread.getName(), e.getMessage());
      }
    }
    retired.clear();
  }

  /** Lets the thread wait for the next frames. */
  private void letGo() {
    letGo = true;
    mayPoll.release();
  }

  private void poll(UncaughtExceptionHandler fatal) {
    try {
      PacketPoll poll = new PacketPoll(wakeUp);
      mayPoll.acquireUninterruptibly();
      while (!closing) {
        PacketSocket present = socket;
        if (present != null) {
          poll.await(List.of(present), POLL_MILLIS);
        }
        loop.execute(this::cameBack);
        mayPoll.acquireUninterruptibly();
      }
    } catch (RejectedExecutionException e) {
      log.warn("{}: AoE ends, since the loop has ended", thread.getName());
    } catch (Throwable death) {
      fatal.uncaughtException(Thread.currentThread(), death);
    }
  }

  /** The thread has come back, and waits until it is let go again. */
  private void cameBack() {
    letGo = false;
    closeRetired();
    try {
      if (socket != null) {
        arrived.run();
      }
    } finally {
      if (socket != null && !letGo) {
        letGo();
      }
    }
  }

  @Override
  public void close() throws IOException {
    closing = true;
    wake();
    mayPoll.release();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    loop.submit(this::closeRetired).syncUninterruptibly();
    wakeUp.close();
  }
}
