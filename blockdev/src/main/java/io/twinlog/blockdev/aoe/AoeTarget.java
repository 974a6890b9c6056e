package io.twinlog.blockdev.aoe;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.sys.InterfaceState;
import io.twinlog.blockdev.sys.PacketFilter;
import io.twinlog.blockdev.sys.PacketSocket;
import io.twinlog.blockdev.sys.SystemCallException;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a resource to AoE clients while the node is its primary. The socket lives from promotion
 * to the end of the role, so that frames sent to the primary before are never seen. All frames are
 * received and sent on the device's event loop.
 */
public final class AoeTarget implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AoeTarget.class);

  /** How often the interface is looked at. */
  private static final long LOOK_MILLIS = 250;

  /** Announcements after promotion: one each second. */
  private static final int ANNOUNCEMENTS = 10;

  private static final int LOOKS_PER_SECOND = 4;
  private static final int LOOKS_PER_RIVAL_QUERY = 40;

  /** So that many frames do not keep the peer link waiting. */
  private static final int BATCHES_PER_TURN = 4;

  private static final int SOCKET_BYTES = 4 << 20;

  private final TargetSettings settings;
  private final BlockService device;
  private final EventLoop loop;
  private final Events events;
  private final TargetCounters counters = new TargetCounters();
  private final Target target;
  private final Listener listener = new Listener();
  private final Arrivals arrivals;
  private final ByteBuffer[] frames = new ByteBuffer[PacketSocket.BATCH_FRAMES];
  private ScheduledFuture<?> looking;
  private int looks;
  private int queuedFrames;
  private boolean flushing;
  private String trouble = "";

  /** Null while nothing is served. */
  private PacketSocket socket;

  private boolean closed;

  /** What the operator is to know; told on the loop. */
  @FunctionalInterface
  public interface Events {

    /**
     * Something about other machines on the network.
     *
     * @param what {@code rival}: somebody else answers for our shelf and slot; {@code flood}: a
     *     client asks more than is answered
     */
    void say(String what, String line);
  }

  private AoeTarget(
      TargetSettings settings,
      BlockService device,
      EventLoop loop,
      ByteBufAllocator buffers,
      Events events,
      UncaughtExceptionHandler fatal)
      throws IOException {
    this.settings = settings;
    this.device = device;
    this.loop = loop;
    this.events = events;
    this.target = new Target(settings, device, buffers, new Sink(), counters);
    for (int i = 0; i < frames.length; i++) {
      frames[i] = ByteBuffer.allocateDirect(PacketSocket.LONGEST_FRAME_BYTES);
    }
    arrivals = Arrivals.on(loop, shortName(device.name()), this::drain, fatal);
  }

  private static String shortName(String name) {
    return name.substring(0, Math.min(name.length(), 9)) + "-aoe-t";
  }

  /**
   * Serves whenever the device is primary.
   *
   * @param fatal told when a thread of the target's dies
   * @throws IOException when the interface cannot be used
   */
  public static AoeTarget start(
      TargetSettings settings,
      BlockService device,
      EventLoop loop,
      ByteBufAllocator buffers,
      Events events,
      UncaughtExceptionHandler fatal)
      throws IOException {
    // Rather now than at a takeover.
    open(settings).close();
    AoeTarget target = new AoeTarget(settings, device, loop, buffers, events, fatal);
    loop.submit(target::begin).syncUninterruptibly();
    return target;
  }

  /** What it has counted; any thread may ask. */
  public AoeCounters counters() {
    return counters.read();
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
    arrivals.begin(opened);
    socket = opened;
    target.serve(mac, state.mtuBytes());
    log.info(
        "{}: serving AoE {} on {} as {}",
        device.name(),
        settings.address(),
        settings.interfaceName(),
        mac);
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
    socket = null;
    arrivals.end();
  }

  /** Takes what has arrived. */
  private void drain() {
    try {
      long now = System.nanoTime();
      int count = PacketSocket.BATCH_FRAMES;
      for (int i = 0;
          i < BATCHES_PER_TURN && count == PacketSocket.BATCH_FRAMES && socket != null;
          i++) {
        count = socket.receive();
        for (int frame = 0; frame < count && socket != null; frame++) {
          target.received(socket.frame(frame), now);
        }
      }
    } catch (SystemCallException e) {
      trouble(e.getMessage());
    }
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

  /** Ends serving; waits, so not on the loop. Idempotent. */
  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    loop.submit(
            () -> {
              looking.cancel(false);
              device.removeListener(listener);
              leave();
            })
        .syncUninterruptibly();
    arrivals.close();
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
      events.say("rival", line);
    }

    @Override
    public void flood(MacAddress mac) {
      String line = mac + " asks more than AoE " + settings.address() + " answers to one client";
      log.warn("{}: {}", device.name(), line);
      events.say("flood", line);
    }
  }
}
