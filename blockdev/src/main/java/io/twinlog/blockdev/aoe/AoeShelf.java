package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.ReservableShelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.blockdev.sys.PacketPoll;
import io.twinlog.blockdev.sys.WakeUp;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An AoE target as a shelf, with one thread that waits for its frames. What the target has
 * acknowledged counts as durable, or as durable once its cache was flushed if it says that it has
 * one: {@code vblade} keeps that only with {@code -s}.
 *
 * <p>When the target does not answer for the deadline of the {@link ShelfSpec.AoeSpec}, chains
 * fail; once it answers again, new ones succeed.
 */
public final class AoeShelf implements ReservableShelf {

  /** How long a frame may be on its way, and a former process's still arrive. */
  public static final Duration FRAME_LIFE = Duration.ofNanos(Copies.LIFE_NANOS);

  /** How many chains wait to be looked at; an owner has a few under way. */
  private static final int QUEUE_CHAINS = 1024;

  private static final Logger log = LoggerFactory.getLogger(AoeShelf.class);

  private final ShelfSpec.AoeSpec spec;
  private final List<ShelfPort> ports = new ArrayList<>();
  private final WakeUp wakeUp;
  private final ArrayBlockingQueue<Work> submitted = new ArrayBlockingQueue<>(QUEUE_CHAINS);
  private final Queue<Reserving.Request> toReserve = new ConcurrentLinkedQueue<>();
  private final List<Runnable> outcomes = new ArrayList<>();
  private final CountDownLatch found = new CountDownLatch(1);
  private final Initiator initiator;

  private volatile TargetIdentity identity;

  /** Whether the thread waits, or is about to, and so has to be woken. */
  private volatile boolean waiting;

  /** Why no more chains are taken, or null; guarded by {@link #submitted}. */
  private String refusal;

  private volatile boolean late;

  private volatile boolean closing;
  private Thread thread;

  private AoeShelf(ShelfSpec.AoeSpec spec) throws IOException {
    this.spec = spec;
    this.wakeUp = WakeUp.open();
    for (String interfaceName : spec.interfaces()) {
      ports.add(new ShelfPort(interfaceName, spec.address(), ports.size()));
    }
    this.initiator =
        new Initiator(
            spec.text(),
            spec.address(),
            ports.stream().map(ShelfPort::port).toList(),
            spec.deadline().toNanos(),
            ThreadLocalRandom.current().nextInt(),
            this::send,
            new Events());
  }

  /**
   * Finds the target and starts the thread; waits for an answer up to the deadline.
   *
   * @throws IOException when an interface cannot be used or nobody answers
   */
  public static AoeShelf open(ShelfSpec.AoeSpec spec, String label, UncaughtExceptionHandler fatal)
      throws IOException {
    AoeShelf shelf = new AoeShelf(spec);
    try {
      for (ShelfPort port : shelf.ports) {
        port.open();
      }
    } catch (IOException e) {
      shelf.release();
      throw e;
    }
    shelf.start(label, fatal);
    shelf.awaitTarget();
    return shelf;
  }

  private void start(String label, UncaughtExceptionHandler fatal) {
    String name = label.substring(0, Math.min(label.length(), 11)) + "-aoe";
    thread = new Thread(() -> run(fatal), name);
    thread.setDaemon(false);
    thread.start();
  }

  private void awaitTarget() throws IOException {
    try {
      if (found.await(spec.deadline().toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
    throw new IOException(
        "shelf "
            + spec.text()
            + ": no AoE target "
            + spec.address()
            + " answers on "
            + String.join(", ", spec.interfaces())
            + "; is it running, is the interface up, and does its list of allowed addresses have"
            + " this machine's?");
  }

  @Override
  public String name() {
    return spec.text();
  }

  /** As it was when the shelf was opened; a target of another size is not taken later. */
  @Override
  public long sizeBytes() {
    return identity.sectors() * AoeMessage.Ata.SECTOR_BYTES;
  }

  @Override
  public int sectorBytes() {
    return AoeMessage.Ata.SECTOR_BYTES;
  }

  /**
   * {@inheritDoc} When too many chains wait already, or the shelf is closed, or a range is not
   * inside it, the chain fails without having been begun.
   *
   * @throws IllegalArgumentException when a buffer is not direct, or an offset or length is not a
   *     multiple of 512
   */
  @Override
  public void submit(IoChain chain, Executor owner) {
    for (IoChain.Step step : chain.steps()) {
      if (!(step instanceof IoChain.Sync)) {
        checkAligned(chain, Work.offset(step), Work.buffer(step));
      }
    }
    String reason = outside(chain);
    Work work = new Work(chain, owner, System.nanoTime());
    synchronized (submitted) {
      if (reason == null) {
        reason = refusal;
      }
      if (reason == null && !submitted.offer(work)) {
        reason = "too many operations wait for it already";
      }
    }
    if (reason != null) {
      IOException error =
          new IOException(chain.name() + " refused by shelf " + spec.text() + ": " + reason);
      report(work, error);
    } else if (waiting) {
      wake();
    }
  }

  @Override
  public void reserve(Command command, Executor owner, Completion then) {
    Reserving.Request request = new Reserving.Request(command, owner, then);
    String reason;
    synchronized (submitted) {
      reason = refusal;
      if (reason == null) {
        toReserve.add(request);
      }
    }
    if (reason != null) {
      report(request, new IOException("shelf " + spec.text() + ": " + reason), null);
    } else if (waiting) {
      wake();
    }
  }

  private static void checkAligned(IoChain chain, long offsetBytes, ByteBuffer buffer) {
    if (!buffer.isDirect()
        || offsetBytes % AoeMessage.Ata.SECTOR_BYTES != 0
        || buffer.remaining() % AoeMessage.Ata.SECTOR_BYTES != 0) {
      throw new IllegalArgumentException(
          chain.name()
              + ": not a direct buffer with offset and length in multiples of 512 bytes: "
              + buffer
              + " for offset "
              + offsetBytes);
    }
  }

  private String outside(IoChain chain) {
    for (IoChain.Step step : chain.steps()) {
      if (!(step instanceof IoChain.Sync)) {
        long offset = Work.offset(step);
        if (offset < 0 || offset > sizeBytes() - Work.buffer(step).remaining()) {
          return "offset " + offset + " is past the end, at " + sizeBytes() + " bytes";
        }
      }
    }
    return null;
  }

  private void wake() {
    try {
      wakeUp.wake();
    } catch (IOException e) {
      // The thread looks by itself soon enough.
      log.warn("{}: {}", spec.text(), e.getMessage());
    }
  }

  private void run(UncaughtExceptionHandler fatal) {
    try {
      PacketPoll poll = new PacketPoll(wakeUp);
      while (!closing || !initiator.isIdle() || !submitted.isEmpty() || late) {
        turn(poll);
      }
      endReserving("it is closed");
    } catch (Throwable death) {
      die(death);
      fatal.uncaughtException(Thread.currentThread(), death);
    }
  }

  private void turn(PacketPoll poll) throws IOException {
    long now = System.nanoTime();
    for (ShelfPort port : ports) {
      port.check(now);
      port.receive(initiator, now);
    }
    for (Work work = submitted.poll(); work != null; work = submitted.poll()) {
      initiator.submit(work);
    }
    for (Reserving.Request next = toReserve.poll(); next != null; next = toReserve.poll()) {
      initiator.reserve(next);
    }
    initiator.tick(now);
    for (ShelfPort port : ports) {
      port.flush();
    }
    late = initiator.hasLateWrites();
    // Only now: what was sent has been read from buffers that go back to their owners.
    outcomes.forEach(Runnable::run);
    outcomes.clear();
    waiting = true;
    boolean more =
        !submitted.isEmpty() || !toReserve.isEmpty() || (closing && initiator.isIdle() && !late);
    long millis = TimeUnit.NANOSECONDS.toMillis(initiator.nextTickNanos(now)) + 1;
    poll.await(ShelfPort.sockets(ports), more ? 0 : (int) millis);
    waiting = false;
  }

  private void send(Port port, ByteBuffer header, ByteBuffer body, int position, int length) {
    ports.get(port.number).send(header, body, position, length);
  }

  /** Fails everything that this thread will not do any more. */
  private void die(Throwable death) {
    List<Work> left = new ArrayList<>(initiator.unfinished());
    synchronized (submitted) {
      refusal = "its thread died: " + death;
      submitted.drainTo(left);
    }
    outcomes.forEach(Runnable::run);
    for (Work work : left) {
      report(work, new IOException(work.chain.name() + ": shelf " + spec.text() + ": " + refusal));
    }
    endReserving(refusal);
  }

  private void endReserving(String why) {
    List<Reserving.Request> left = new ArrayList<>(initiator.unfinishedReserving());
    for (Reserving.Request next = toReserve.poll(); next != null; next = toReserve.poll()) {
      left.add(next);
    }
    for (Reserving.Request request : left) {
      report(request, new IOException("shelf " + spec.text() + ": " + why), null);
    }
  }

  private void report(Reserving.Request request, IOException error, Holders holders) {
    try {
      request.tell(error, holders);
    } catch (RejectedExecutionException e) {
      log.warn("{}: the outcome of a reserve command is lost, its owner has ended", spec.text());
    }
  }

  private void report(Work work, IOException error) {
    try {
      work.owner.execute(() -> work.chain.complete(error));
    } catch (RejectedExecutionException e) {
      // The owner's loop has ended, so nobody is left who could be told.
      log.warn("{}: outcome of {} is lost, its owner has ended", spec.text(), work.chain.name());
    }
  }

  @Override
  public boolean mayWriteLate() {
    return late;
  }

  /** Waits until nothing is under way, each chain up to its deadline; idempotent. */
  @Override
  public void close() throws IOException {
    synchronized (submitted) {
      if (refusal == null) {
        refusal = "it is closed";
      }
    }
    closing = true;
    wake();
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    release();
  }

  private void release() throws IOException {
    for (ShelfPort port : ports) {
      port.close();
    }
    wakeUp.close();
  }

  private final class Events implements InitiatorEvents {
    @Override
    public void found(TargetIdentity target) {
      identity = target;
      found.countDown();
    }

    @Override
    public void ended(Work work, IOException error) {
      outcomes.add(() -> report(work, error));
    }

    @Override
    public void reserved(Reserving.Request request, IOException error, Holders holders) {
      outcomes.add(() -> report(request, error, holders));
    }

    @Override
    public void notice(String line) {
      log.warn("{}", line);
    }
  }
}
