package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.sys.PacketFilter;
import io.twinlog.blockdev.sys.PacketPoll;
import io.twinlog.blockdev.sys.PacketSocket;
import io.twinlog.blockdev.sys.SystemCallException;
import io.twinlog.blockdev.sys.WakeUp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Joins two interfaces and, between them, drops, duplicates, delays and reorders AoE frames, in
 * both directions, when told to: for tests, and for drills in the field. The same seed and the same
 * frames give the same faults. May be told by any thread.
 */
public final class FaultyWire implements AutoCloseable {

  /**
   * What happens to frames, in thousandths of them.
   *
   * @param dropped never arrive
   * @param duplicated arrive twice; each copy may be late
   * @param delayed arrive up to {@code delayNanos} later
   * @param reordered wait a little, while others pass
   * @param delayNanos more than 0
   */
  public record Faults(int dropped, int duplicated, int delayed, int reordered, long delayNanos) {

    /** A good wire. */
    public static final Faults NONE = new Faults(0, 0, 0, 0, 1);
  }

  private record Late(long at, PacketSocket to, ByteBuffer frame) {}

  private static final int SOCKET_BYTES = 4 << 20;
  private static final long REORDER_NANOS = 2_000_000;

  /** What comes above is dropped, as any switch does. */
  private static final int MOST_LATE = 4096;

  private final Random random;
  private final List<PacketSocket> sockets;
  private final WakeUp wakeUp = WakeUp.open();
  private final PriorityQueue<Late> late =
      new PriorityQueue<>((a, b) -> Long.compare(a.at() - b.at(), 0));
  private final AtomicLong faultyFrames = new AtomicLong();
  private final Thread thread = new Thread(this::run, "faulty-wire");
  private volatile Faults faults = Faults.NONE;
  private volatile boolean closing;
  private volatile Throwable failure;

  private FaultyWire(List<PacketSocket> sockets, long seed) throws IOException {
    this.random = new Random(seed);
    this.sockets = sockets;
  }

  /**
   * A good wire between two interfaces of this machine, until it is told otherwise.
   *
   * @throws IOException when an interface cannot be used
   */
  public static FaultyWire start(String one, String other, long seed) throws IOException {
    PacketSocket first = open(one);
    try {
      FaultyWire wire = new FaultyWire(List.of(first, open(other)), seed);
      wire.thread.start();
      return wire;
    } catch (IOException e) {
      first.close();
      throw e;
    }
  }

  private static PacketSocket open(String interfaceName) throws IOException {
    PacketSocket socket =
        PacketSocket.open(interfaceName, AoeHeader.ETHER_TYPE, new PacketFilter(), SOCKET_BYTES);
    socket.listenToAll();
    return socket;
  }

  /** From the next frame on this happens. */
  public void suffer(Faults what) {
    faults = what;
  }

  /** How many frames something has happened to. */
  public long faultyFrames() {
    return faultyFrames.get();
  }

  private void run() {
    try {
      PacketPoll poll = new PacketPoll(wakeUp);
      while (!closing) {
        forward(sockets.get(0), sockets.get(1));
        forward(sockets.get(1), sockets.get(0));
        sendLate();
        poll.await(sockets, late.isEmpty() ? 100 : 1);
      }
    } catch (IOException | RuntimeException e) {
      failure = e;
    }
  }

  private void forward(PacketSocket from, PacketSocket to) {
    try {
      int count = from.receive();
      for (int i = 0; i < count; i++) {
        forward(from.frame(i), to);
      }
      // Before the buffers are filled anew.
      to.flush();
    } catch (SystemCallException e) {
      // An interface is down: what is on its way is lost, and what has been sent is not.
      faultyFrames.incrementAndGet();
    }
  }

  private void forward(ByteBuffer frame, PacketSocket to) throws SystemCallException {
    Faults now = faults;
    if (happens(now.dropped())) {
      return;
    }
    for (int copies = happens(now.duplicated()) ? 2 : 1; copies > 0; copies--) {
      if (happens(now.delayed())) {
        keep(frame, to, now.delayNanos());
      } else if (happens(now.reordered())) {
        keep(frame, to, REORDER_NANOS);
      } else {
        send(to, frame);
      }
    }
  }

  private boolean happens(int thousandths) {
    boolean happens = random.nextInt(1000) < thousandths;
    if (happens) {
      faultyFrames.incrementAndGet();
    }
    return happens;
  }

  private void keep(ByteBuffer frame, PacketSocket to, long longestNanos) {
    if (late.size() < MOST_LATE) {
      ByteBuffer copy = ByteBuffer.allocateDirect(frame.remaining()).put(frame.duplicate());
      late.add(new Late(System.nanoTime() + random.nextLong(longestNanos), to, copy.flip()));
    }
  }

  private void sendLate() {
    long now = System.nanoTime();
    try {
      while (!late.isEmpty() && late.peek().at() - now <= 0) {
        Late next = late.poll();
        send(next.to(), next.frame());
      }
      sockets.get(0).flush();
      sockets.get(1).flush();
    } catch (SystemCallException e) {
      faultyFrames.incrementAndGet();
    }
  }

  private static void send(PacketSocket to, ByteBuffer frame) throws SystemCallException {
    int header = Math.min(14, frame.remaining());
    to.queue(frame.slice(0, header), frame, header, frame.remaining() - header);
  }

  /**
   * Ends; what is late is lost. Idempotent.
   *
   * @throws IOException when the wire had broken
   */
  @Override
  public void close() throws IOException {
    closing = true;
    wakeUp.wake();
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
    for (PacketSocket socket : sockets) {
      socket.close();
    }
    wakeUp.close();
    if (failure != null) {
      throw new IOException("the wire broke: " + failure.getMessage(), failure);
    }
  }
}
