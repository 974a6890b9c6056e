package io.twinlog.blockdev.aoe;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.sys.InterfaceState;
import io.twinlog.blockdev.sys.PacketFilter;
import io.twinlog.blockdev.sys.PacketPoll;
import io.twinlog.blockdev.sys.PacketSocket;
import io.twinlog.blockdev.sys.SystemCallException;
import io.twinlog.blockdev.sys.WakeUp;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a resource to AoE clients while the node is its primary. The socket lives from promotion
 * to the end of the role, so that frames sent to the primary before are never seen. All frames are
 * received and sent on the device's event loop; a thread of its own only waits for them.
 */
public final class AoeTarget implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AoeTarget.class);

  /** How often the interface is looked at. */
  private static final long LOOK_MILLIS = 250;

  /** Announcements after promotion: one each second. */
  private static final int ANNOUNCEMENTS = 10;

  private static final int LOOKS_PER_SECOND = 4;
  private static final int LOOKS_PER_RIVAL_QUERY = 40;

  /** How long the thread waits for frames at a time. */
  private static final int POLL_MILLIS = 1000;

  /** So that many frames do not keep the peer link waiting. */
  private static final int BATCHES_PER_TURN = 4;

  private static final int SOCKET_BYTES = 4 << 20;

  private final TargetSettings settings;
  private final BlockService device;
  private final EventLoop loop;
  private final Consumer<String> rivalEvents;
  private final Target target;
  private final Listener listener = new Listener();
  private final WakeUp wakeUp;
  private final Semaphore mayPoll = new Semaphore(0);
  private final ByteBuffer[] frames = new ByteBuffer[PacketSocket.BATCH_FRAMES];
  private final Thread thread;
  private final List<PacketSocket> retired = new ArrayList<>();
  private ScheduledFuture<?> looking;

  /** Whether the thread waits for frames, or is about to. */
  private boolean letGo;

  private int looks;
  private int queuedFrames;
  private boolean flushing;
  private String trouble = "";

  /** Changed on the loop; the thread polls what it was when it was let go. */
  private volatile PacketSocket socket;

  private volatile boolean closing;

  private AoeTarget(
      TargetSettings settings,
      BlockService device,
      EventLoop loop,
      ByteBufAllocator buffers,
      Consumer<String> rivalEvents,
      UncaughtExceptionHandler fatal)
      throws IOException {
    this.settings = settings;
    this.device = device;
    this.loop = loop;
    this.rivalEvents = rivalEvents;
    this.wakeUp = WakeUp.open();
    this.target = new Target(settings, device, buffers, new Sink());
    for (int i = 0; i < frames.length; i++) {
      frames[i] = ByteBuffer.allocateDirect(PacketSocket.LONGEST_FRAME_BYTES);
    }
    thread = new Thread(() -> poll(fatal), shortName(device.name()));
  }

  private static String shortName(String name) {
    return name.substring(0, Math.min(name.length(), 9)) + "-aoe-t";
  }

  /**
   * Serves whenever the device is primary.
   *
   * @param rivalEvents told, on the loop, that somebody else answers for our shelf and slot
   * @param fatal told when the thread dies
   * @throws IOException when the interface cannot be used
   */
  public static AoeTarget start(
      TargetSettings settings,
      BlockService device,
      EventLoop loop,
      ByteBufAllocator buffers,
      Consumer<String> rivalEvents,
      UncaughtExceptionHandler fatal)
      throws IOException {
    // Rather now than at a takeover.
    open(settings).close();
    AoeTarget target = new AoeTarget(settings, device, loop, buffers, rivalEvents, fatal);
    target.thread.start();
    loop.submit(target::begin).syncUninterruptibly();
    return target;
  }

  private static PacketSocket open(TargetSettings settings) throws IOException {
    AoeAddress address = settings.address();
    PacketFilter filter =
        new PacketFilter()
            .halfIsEither(AoeHeader.SHELF_OFFSET, address.shelf(), AoeAddress.ANY_SHELF)
            .byteIsEither(AoeHeader.SLOT_OFFSET, address.slot(), AoeAddress.ANY_SLOT);
    if (settings.virtualMac()) {
      filter.addressIsEither(0, settings.ownMac().bits(), MacAddress.BROADCAST.bits());
    }
    return PacketSocket.open(settings.interfaceName(), AoeHeader.ETHER_TYPE, filter, SOCKET_BYTES);
  }

  private void begin() {
    device.addListener(listener);
    looking = loop.scheduleAtFixedRate(this::look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Opens the socket when it should be open, and sees what has become of the interface. */
  private void look() {
    try {
      if (device.isPrimary() && socket == null) {
        serve();
      }
      if (socket != null) {
        check();
      }
    } catch (IOException e) {
      trouble(e.getMessage());
    }
  }

  private void serve() throws IOException {
    PacketSocket opened = open(settings);
    InterfaceState state;
    try {
      state = opened.state();
      if (state == null || !state.up()) {
        throw new IOException("interface " + settings.interfaceName() + " is down");
      }
      if (settings.virtualMac()) {
        opened.listenTo(settings.ownMac().bits());
      }
    } catch (IOException e) {
      opened.close();
      throw e;
    }
    MacAddress mac = settings.virtualMac() ? settings.ownMac() : new MacAddress(state.address());
    trouble = "";
    looks = 0;
    socket = opened;
    target.serve(mac, state.mtuBytes());
    log.info(
        "{}: serving AoE {} on {} as {}",
        device.name(),
        settings.address(),
        settings.interfaceName(),
        mac);
    if (!letGo) {
      letGo();
    }
  }

  private void check() throws IOException {
    InterfaceState state = socket.state();
    if (state == null) {
      leave();
      throw new IOException("interface " + settings.interfaceName() + " is gone");
    }
    target.mtu(state.mtuBytes());
    if (looks % LOOKS_PER_SECOND == 0 && looks < ANNOUNCEMENTS * LOOKS_PER_SECOND) {
      target.announce();
    }
    if (looks % LOOKS_PER_RIVAL_QUERY == 0) {
      target.lookForRivals();
    }
    looks++;
  }

  /** Ends serving: nothing is sent any more, whatever is under way. */
  private void leave() {
    target.mute();
    queuedFrames = 0;
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
      log.warn("{}: {}", device.name(), e.getMessage());
    }
  }

  private void closeRetired() {
    for (PacketSocket left : retired) {
      try {
        left.close();
      } catch (IOException e) {
        log.warn("{}: {}", device.name(), e.getMessage());
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
        loop.execute(this::drain);
        mayPoll.acquireUninterruptibly();
      }
    } catch (RejectedExecutionException e) {
      log.warn("{}: AoE ends, since the loop has ended", device.name());
    } catch (Throwable death) {
      fatal.uncaughtException(Thread.currentThread(), death);
    }
  }

  /** The thread has come back: takes what has arrived. */
  private void drain() {
    letGo = false;
    closeRetired();
    if (socket == null) {
      return;
    }
    try {
      long now = System.nanoTime();
      int count = PacketSocket.BATCH_FRAMES;
      for (int i = 0; i < BATCHES_PER_TURN && count == PacketSocket.BATCH_FRAMES; i++) {
        count = socket.receive();
        for (int frame = 0; frame < count && socket != null; frame++) {
          target.received(socket.frame(frame), now);
        }
        if (socket == null) {
          return;
        }
      }
    } catch (SystemCallException e) {
      trouble(e.getMessage());
    }
    letGo();
  }

  private void flush() {
    flushing = false;
    queuedFrames = 0;
    if (socket != null) {
      try {
        socket.flush();
      } catch (SystemCallException e) {
        trouble(e.getMessage());
      }
    }
  }

  private void trouble(String why) {
    if (!why.equals(trouble)) {
      trouble = why;
      log.warn("{}: AoE {} is not served: {}", device.name(), settings.address(), why);
    }
  }

  /** Ends serving and the thread; waits, so not on the loop. Idempotent. */
  @Override
  public void close() throws IOException {
    if (closing) {
      return;
    }
    loop.submit(
            () -> {
              looking.cancel(false);
              device.removeListener(listener);
              leave();
            })
        .syncUninterruptibly();
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

  private final class Listener implements BlockService.ClientListener {
    @Override
    public void leftPrimary() {
      leave();
    }

    @Override
    public void becamePrimary() {
      look();
    }
  }

  private final class Sink implements TargetSink {
    @Override
    public ByteBuffer frame() {
      if (queuedFrames == frames.length) {
        flush();
      }
      return frames[queuedFrames].clear();
    }

    @Override
    public void send(ByteBuffer frame) {
      int bytes = frame.position();
      try {
        socket.queue(
            frame.slice(0, AoeHeader.BYTES), frame, AoeHeader.BYTES, bytes - AoeHeader.BYTES);
      } catch (SystemCallException e) {
        trouble(e.getMessage());
      }
      queuedFrames++;
      if (!flushing) {
        flushing = true;
        loop.execute(AoeTarget.this::flush);
      }
    }

    @Override
    public void rival(MacAddress mac) {
      String line =
          mac
              + " answers for AoE "
              + settings.address()
              + " too: clients may take it for this device";
      log.error("{}: {}", device.name(), line);
      rivalEvents.accept(line);
    }
  }
}
