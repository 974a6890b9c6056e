package io.twinlog.replication.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.twinlog.replication.core.PeerHello;
import java.security.SecureRandom;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Keeps one resource linked to its peer: the node whose name sorts first dials, again and again
 * with growing waits, the other takes what its {@link PeerEndpoint} accepts. At most one link is
 * up; a newer authenticated connection ends the older one. Everything on the resource's event loop.
 */
@SuppressWarnings(
    "FutureReturnValueIgnored") // what matters of a channel is heard through its handlers
final class PeerConnector implements PeerLink.Owner {

  /** What the connector needs of the resource's shell. */
  interface Shell {
    /** {@link PeerConnector#flushTurn} is to be called at the end of this loop turn. */
    void turnWanted();

    /** The replica threw and cannot be trusted any more. */
    void replicaFailed(Throwable cause);
  }

  private static final long HANDSHAKE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long MAX_REFUSED_WAIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A link that lived less than this counts as a failed attempt. */
  private static final long STABLE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final SecureRandom NONCES = new SecureRandom();

  private final LinkIdentity self;
  private final Dialer dialer;
  private final EventLoop loop;
  private final PeerEvents events;
  private final long maxQueuedBytes;
  private final Notices notices;
  private final Shell shell;
  private final Backoff backoff = new Backoff(FIRST_WAIT_NANOS, new SplittableRandom());

  private PeerLink link;

  /** The authenticated connection whose handshake is not over; its peer was told our state. */
  private Channel candidate;

  private boolean dialing;
  private long nextDialNanos;
  private long upSinceNanos;
  private long readBursts;
  private boolean closed;

  PeerConnector(
      LinkIdentity self,
      PeerAddress peerAddress,
      EventLoop loop,
      PeerEvents events,
      long maxQueuedBytes,
      Notices notices,
      Shell shell) {
    this.self = self;
    this.dialer = new Dialer(loop, peerAddress);
    this.loop = loop;
    this.events = events;
    this.maxQueuedBytes = maxQueuedBytes;
    this.notices = notices;
    this.shell = shell;
    this.nextDialNanos = System.nanoTime();
  }

  EventLoop loop() {
    return loop;
  }

  String resource() {
    return self.resource();
  }

  /** How many bursts of data the links have read so far. */
  long readBursts() {
    return readBursts;
  }

  /** Dials when it is time to. */
  void poll(long nowNanos) {
    boolean idle = self.dials() && !closed && !dialing && link == null;
    if (idle && nowNanos - nextDialNanos >= 0 && wantsLink()) {
      dial();
    }
  }

  /** Gives what was written in this turn to the socket. */
  void flushTurn() {
    if (link != null) {
      link.flushTurn();
    }
  }

  /** Ends the link without telling the replica, and takes no other; idempotent. */
  void close(String reason) {
    closed = true;
    if (candidate != null) {
      candidate.close();
    }
    if (link != null) {
      link.close(reason);
    }
  }

  private void dial() {
    dialing = true;
    dialer.dial(
        channel ->
            shakeHands(
                new Attempt(channel, Handshake.Side.DIALER, null),
                null,
                System.nanoTime() + HANDSHAKE_NANOS),
        cause -> failed("unreachable", cause.getMessage(), MAX_WAIT_NANOS));
  }

  private boolean wantsLink() {
    try {
      return events.wantsLink();
    } catch (RuntimeException | Error e) {
      shell.replicaFailed(e);
      throw e;
    }
  }

  /**
   * Takes an accepted connection over.
   *
   * @param hello the dialer's, with this resource's name
   * @param slot given back when the handshake is over
   */
  void accept(Channel channel, HandshakeFrame hello, PeerEndpoint.Slot slot) {
    channel.closeFuture().addListener(gone -> slot.release());
    shakeHands(new Attempt(channel, Handshake.Side.ACCEPTOR, slot), hello, slot.deadlineNanos());
  }

  private void shakeHands(Attempt attempt, HandshakeFrame first, long deadlineNanos) {
    byte[] nonce = new byte[HelloCheck.NONCE_BYTES];
    NONCES.nextBytes(nonce);
    Handshake handshake = new Handshake(attempt.side, self, nonce, attempt);
    attempt
        .channel
        .pipeline()
        .addLast(new HandshakeHandler(handshake, first, deadlineNanos, attempt));
  }

  private void failed(String state, String line, long maxWaitNanos) {
    if (self.dials()) {
      dialing = false;
      nextDialNanos = System.nanoTime() + backoff.failed(maxWaitNanos);
    }
    if (!closed) {
      notices.tell(
          state,
          String.format(
              "%s, peer %s at %s: %s", self.resource(), self.peer(), dialer.address(), line));
    }
  }

  /** One connection on its way to become the link. */
  private final class Attempt implements Handshake.Local, HandshakeHandler.Owner {
    private final Channel channel;
    private final Handshake.Side side;
    private final PeerEndpoint.Slot slot;

    Attempt(Channel channel, Handshake.Side side, PeerEndpoint.Slot slot) {
      this.channel = channel;
      this.side = side;
      this.slot = slot;
    }

    @Override
    public String refusal() {
      if (side == Handshake.Side.ACCEPTOR && self.dials()) {
        return self.node() + " dials " + self.peer() + ", not the other way round";
      }
      if (closed || !wantsLink()) {
        return self.node() + " is standalone";
      }
      return null;
    }

    @Override
    public PeerHello state() {
      // The peer is authentic, or is ours to prove to; our state must not change through another
      // connection once it is told.
      String reason = "replaced by a newer connection";
      if (link != null) {
        link.closeAndReport(reason);
        link = null;
      }
      if (candidate != null) {
        candidate.close();
      }
      candidate = channel;
      try {
        return events.hello();
      } catch (RuntimeException | Error e) {
        shell.replicaFailed(e);
        throw e;
      }
    }

    @Override
    public void established(ChannelHandlerContext context, Handshake handshake) {
      releaseSlot();
      dialing = false;
      if (closed || candidate != channel) {
        channel.close();
        return;
      }
      candidate = null;
      upSinceNanos = System.nanoTime();
      notices.reset();
      List<String> drift = handshake.drift();
      if (!drift.isEmpty()) {
        notices.tell(
            "drift",
            String.format(
                "%s: configuration differs from peer %s's in %s",
                self.resource(), self.peer(), String.join(", ", drift)));
      }
      link = new PeerLink(PeerConnector.this);
      channel.pipeline().replace(context.handler(), null, link);
      try {
        events.linkUp(link, handshake.peer());
      } catch (RuntimeException | Error e) {
        shell.replicaFailed(e);
      }
    }

    @Override
    public void refused(String line) {
      over();
      failed("refused", line, MAX_REFUSED_WAIT_NANOS);
    }

    @Override
    public void broken(String line) {
      over();
      failed("unreachable", line, MAX_WAIT_NANOS);
    }

    private void over() {
      releaseSlot();
      if (candidate == channel) {
        candidate = null;
      }
    }

    private void releaseSlot() {
      if (slot != null) {
        slot.release();
      }
    }
  }

  // What the link needs

  @Override
  public PeerEvents events() {
    return events;
  }

  @Override
  public long deviceBytes() {
    return self.deviceBytes();
  }

  @Override
  public long maxQueuedBytes() {
    return maxQueuedBytes;
  }

  @Override
  public void linkRead() {
    readBursts++;
  }

  @Override
  public void linkWrote() {
    shell.turnWanted();
  }

  @Override
  public void linkEnded(PeerLink ended) {
    if (link == ended) {
      link = null;
      long now = System.nanoTime();
      if (now - upSinceNanos >= STABLE_NANOS) {
        backoff.succeeded();
      }
      nextDialNanos = now + backoff.failed(MAX_WAIT_NANOS);
    }
  }

  @Override
  public void replicaFailed(Throwable cause) {
    shell.replicaFailed(cause);
  }
}
