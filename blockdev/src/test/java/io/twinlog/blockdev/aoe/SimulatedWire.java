package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Holders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * An initiator and a target on a wire that drops, delays, duplicates and reorders frames, in
 * virtual time.
 */
final class SimulatedWire implements FrameSink, InitiatorEvents {

  static final AoeAddress ADDRESS = new AoeAddress(7, 0);
  static final long MILLISECOND = 1_000_000L;
  static final MacAddress MAC = new MacAddress(0x02005e100001L);

  private record Delivery(long at, long order, boolean toTarget, ByteBuffer frame) {}

  final Random random;
  final ModelTarget target;
  final Port port = new Port(0);
  final Initiator initiator;
  final Map<String, IOException> ended = new LinkedHashMap<>();
  final List<String> notices = new ArrayList<>();
  final List<byte[]> sent = new ArrayList<>();

  /** Of 1000 frames, in each direction. */
  int dropped;

  int duplicated;
  int delayed;
  long longestDelay = 300 * MILLISECOND;

  /** Frames longer than this are lost. */
  int longestFrame = 16 * 1024;

  boolean found;
  long now = 1_000_000_000L;
  private long order;
  private final PriorityQueue<Delivery> wire =
      new PriorityQueue<>(
          (a, b) ->
              a.at() != b.at() ? Long.compare(a.at(), b.at()) : Long.compare(a.order(), b.order()));

  SimulatedWire(long seed, ModelTarget target, int mtu) {
    this.random = new Random(seed);
    this.target = target;
    port.up = true;
    port.mtuBytes = mtu;
    port.address = MAC;
    initiator =
        new Initiator(
            "aoe:sim/7.0",
            ADDRESS,
            List.of(port),
            10_000 * MILLISECOND,
            random.nextInt(),
            this,
            this);
  }

  @Override
  public void send(Port from, ByteBuffer header, ByteBuffer body, int position, int length) {
    byte[] frame = new byte[header.remaining() + length];
    header.get(header.position(), frame, 0, header.remaining());
    if (body != null) {
      body.get(position, frame, header.remaining(), length);
    }
    sent.add(frame);
    put(true, frame);
  }

  private void put(boolean toTarget, byte[] frame) {
    if (frame.length > longestFrame || random.nextInt(1000) < dropped) {
      return;
    }
    int copies = random.nextInt(1000) < duplicated ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      long delay = MILLISECOND / 10;
      if (random.nextInt(1000) < delayed) {
        delay += random.nextLong(longestDelay);
      }
      wire.add(new Delivery(now + delay, order++, toTarget, ByteBuffer.wrap(frame)));
    }
  }

  /** Gives the initiator a frame that came from who knows where. */
  void deliver(byte[] frame) {
    initiator.received(port, ByteBuffer.wrap(frame), now);
  }

  void run(long nanos) {
    long end = now + nanos;
    while (now < end) {
      initiator.tick(now);
      Delivery next = wire.peek();
      long tick = now + Math.max(MILLISECOND, initiator.nextTickNanos(now));
      now = Math.min(end, next == null ? tick : Math.min(tick, Math.max(now, next.at())));
      while (!wire.isEmpty() && wire.peek().at() <= now) {
        arrive(wire.poll());
      }
    }
  }

  private void arrive(Delivery delivery) {
    if (delivery.toTarget()) {
      byte[] answer = target.handle(delivery.frame().array());
      if (answer != null) {
        put(false, answer);
      }
    } else {
      deliver(delivery.frame().array());
    }
  }

  /** Runs until the chain has ended, for a minute at most. */
  IOException await(String chain) {
    long limit = now + 60_000 * MILLISECOND;
    while (!ended.containsKey(chain)) {
      assertTrue(now < limit, () -> chain + " does not end");
      run(MILLISECOND);
    }
    return ended.get(chain);
  }

  void findTarget() {
    for (int i = 0; i < 60_000 && !found; i++) {
      run(MILLISECOND);
    }
    assertTrue(found, "the target was not found");
  }

  Work submit(IoChain chain) {
    Work work = new Work(chain, Runnable::run, now);
    initiator.submit(work);
    return work;
  }

  /** The outcome of a reserve command, once there is one. */
  static final class Reserved {
    boolean over;
    IOException error;
    Holders holders;
  }

  Reserved reserve(Command command) {
    Reserved reserved = new Reserved();
    initiator.reserve(
        new Reserving.Request(
            command,
            Runnable::run,
            (error, holders) -> {
              reserved.over = true;
              reserved.error = error;
              reserved.holders = holders;
            }));
    return reserved;
  }

  /** Runs until the command has ended, for a minute at most. */
  Holders await(Reserved reserved) {
    long limit = now + 60_000 * MILLISECOND;
    while (!reserved.over) {
      assertTrue(now < limit, "the reserve command does not end");
      run(MILLISECOND);
    }
    return reserved.holders;
  }

  static IoChain chain(String name) {
    return new IoChain(name, IoChain.Lane.DATA, error -> {});
  }

  static ByteBuffer buffer(int bytes, long seed) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return ByteBuffer.allocateDirect(bytes).put(content).flip();
  }

  static void assertSame(ByteBuffer expected, ByteBuffer read, String what) {
    assertEquals(-1, expected.mismatch(read), () -> what + ": first different byte");
  }

  @Override
  public void found(TargetIdentity identity) {
    found = true;
  }

  @Override
  public void ended(Work work, IOException error) {
    ended.put(work.chain.name(), error);
  }

  @Override
  public void reserved(Reserving.Request request, IOException error, Holders holders) {
    request.tell(error, holders);
  }

  @Override
  public void notice(String line) {
    notices.add(line);
  }
}
