package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoop;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.replication.core.PeerControl;
import io.twinlog.replication.core.PeerHello;
import io.twinlog.replication.core.PeerOut;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One node's end of a link over real sockets: what a replica would hear becomes lines, which the
 * test awaits in their order.
 */
final class TestNode implements PeerEvents, PeerConnector.Shell, AutoCloseable {

  private static final long PATIENCE_SECONDS = 20;

  final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  final BlockingQueue<String> notices = new LinkedBlockingQueue<>();
  final AtomicReference<PeerOut> out = new AtomicReference<>();
  volatile boolean wantsLink = true;

  private final Identities who;
  private final EventLoop loop;
  private final PeerEndpoint endpoint;
  private final PeerConnector connector;
  private final Ticker ticker;

  /** {@code endpoint} is null for a node that only dials. */
  TestNode(Identities who, EventLoop loop, int peerPort, PeerEndpoint endpoint) {
    this(who, loop, peerPort, endpoint, 1L << 30);
  }

  TestNode(
      Identities who, EventLoop loop, int peerPort, PeerEndpoint endpoint, long maxQueuedBytes) {
    this.who = who;
    this.loop = loop;
    this.endpoint = endpoint;
    connector =
        new PeerConnector(
            who.identity(),
            new PeerAddress("127.0.0.1", peerPort),
            loop,
            this,
            maxQueuedBytes,
            new Notices(System::nanoTime, (state, line) -> notices.add(state + ": " + line)),
            this);
    if (endpoint != null) {
      endpoint.register(connector);
    }
    ticker = new Ticker(loop, System::nanoTime, connector::readBursts, connector::poll);
    loop.execute(ticker::start);
  }

  /** Does something with the link, on the loop. */
  void onLink(java.util.function.Consumer<PeerOut> action) {
    loop.submit(() -> action.accept(out.get())).syncUninterruptibly();
  }

  EventLoop loop() {
    return loop;
  }

  void expect(String line) {
    assertEquals(line, next(heard));
  }

  /** The next notice without the prefix that names the resource and the peer. */
  String notice() {
    return next(notices).replaceFirst("r\\d, peer \\w+ at [0-9.:]+: ", "");
  }

  static String next(BlockingQueue<String> queue) {
    try {
      String line = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return line == null ? fail("nothing came") : line;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    if (endpoint != null) {
      endpoint.unregister(connector);
    }
    loop.submit(
            () -> {
              ticker.stop();
              connector.close("test is over");
            })
        .syncUninterruptibly();
  }

  // The replica

  @Override
  public boolean wantsLink() {
    return wantsLink;
  }

  @Override
  public PeerHello hello() {
    return who.state();
  }

  @Override
  public void linkUp(PeerOut link, PeerHello peer) {
    out.set(link);
    heard.add("up node " + peer.node());
  }

  @Override
  public void linkDown(PeerOut link, String reason) {
    out.compareAndSet(link, null);
    heard.add("down " + reason);
  }

  @Override
  public void write(
      PeerOut from,
      long view,
      long number,
      Command command,
      long offset,
      long length,
      ByteBuf payload) {
    heard.add(command + " " + view + " " + number + " " + offset + " " + content(length, payload));
  }

  @Override
  public void blocks(PeerOut from, long view, long offset, long length, ByteBuf dataOrNull) {
    heard.add("BLOCKS " + view + " " + offset + " " + content(length, dataOrNull));
  }

  @Override
  public void digests(PeerOut from, long view, long offset, ByteBuf digests) {
    heard.add("DIGESTS " + view + " " + offset + " " + content(digests.readableBytes(), digests));
  }

  @Override
  public void barrier(PeerOut from, long view) {
    heard.add("BARRIER " + view);
  }

  @Override
  public void confirm(PeerOut from, long view, long number, long received) {
    heard.add("CONFIRM " + view + " " + number + " " + received);
  }

  @Override
  public void heartbeat(PeerOut from) {
    heard.add("HEARTBEAT");
  }

  @Override
  public void control(PeerOut from, PeerControl message) {
    heard.add(message.toString());
  }

  private static String content(long length, ByteBuf payload) {
    return length + (payload == null ? "" : " " + checksum(payload));
  }

  /** Short for what a payload holds. */
  static String checksum(ByteBuf payload) {
    return Integer.toHexString(java.util.Arrays.hashCode(ByteBufUtil.getBytes(payload)));
  }

  // Its shell

  @Override
  public void turnWanted() {
    loop.execute(connector::flushTurn);
  }

  @Override
  public void replicaFailed(Throwable cause) {
    heard.add("failed " + cause);
  }
}
