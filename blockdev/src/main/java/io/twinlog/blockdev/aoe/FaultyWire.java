package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.sys.PacketFilter;
import io.twinlog.blockdev.sys.PacketPoll;
import io.twinlog.blockdev.sys.PacketSocket;
import io.twinlog.blockdev.sys.WakeUp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Joins two interfaces and, between them, drops, delays, duplicates and so reorders AoE frames, in
 * both directions.
 */
final class FaultyWire implements AutoCloseable {

  private record Late(long at, PacketSocket to, ByteBuffer frame) {}

  /** Of 1000 frames. */
  volatile int dropped;

  volatile int duplicated;
  volatile int delayed;

  /** Up to this time. */
  volatile long delayNanos = 100_000_000L;

  private final Random random;
  private final List<PacketSocket> sockets;
  private final WakeUp wakeUp = WakeUp.open();
  private final PriorityQueue<Late> late =
      new PriorityQueue<>((a, b) -> Long.compare(a.at() - b.at(), 0));
  private volatile boolean closing;
  private volatile Throwable failure;
  private final Thread thread = new Thread(this::run, "faulty-wire");

  FaultyWire(String one, String other, long seed) throws IOException {
    random = new Random(seed);
    sockets = List.of(open(one), open(other));
    thread.start();
  }

  private static PacketSocket open(String interfaceName) throws IOException {
    PacketSocket socket =
        PacketSocket.open(interfaceName, AoeHeader.ETHER_TYPE, new PacketFilter(), 4 << 20);
    socket.listenToAll();
    return socket;
  }

  private void run() {
    try {
      PacketPoll poll = new PacketPoll(wakeUp);
      while (!closing) {
        forward(sockets.get(0), sockets.get(1));
        forward(sockets.get(1), sockets.get(0));
        long now = System.nanoTime();
        while (!late.isEmpty() && late.peek().at() - now <= 0) {
          Late next = late.poll();
          send(next.to(), next.frame());
        }
        sockets.get(0).flush();
        sockets.get(1).flush();
        poll.await(sockets, late.isEmpty() ? 100 : 1);
      }
    } catch (IOException | RuntimeException e) {
      failure = e;
    }
  }

  private void forward(PacketSocket from, PacketSocket to) throws IOException {
    int count = from.receive();
    for (int i = 0; i < count; i++) {
      ByteBuffer frame = from.frame(i);
      if (random.nextInt(1000) < dropped) {
        continue;
      }
      for (int copies = random.nextInt(1000) < duplicated ? 2 : 1; copies > 0; copies--) {
        if (random.nextInt(1000) < delayed) {
          ByteBuffer copy = ByteBuffer.allocateDirect(frame.remaining()).put(frame.duplicate());
          late.add(new Late(System.nanoTime() + random.nextLong(delayNanos), to, copy.flip()));
        } else {
          send(to, frame);
        }
      }
    }
    // Before the buffers are filled anew.
    to.flush();
  }

  private static void send(PacketSocket to, ByteBuffer frame) throws IOException {
    int header = Math.min(14, frame.remaining());
    to.queue(frame.slice(0, header), frame, header, frame.remaining() - header);
  }

  @Override
  public void close() throws IOException {
    closing = true;
    wakeUp.wake();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
    for (PacketSocket socket : sockets) {
      socket.close();
    }
    wakeUp.close();
    if (failure != null) {
      throw new AssertionError("the wire died", failure);
    }
  }
}
