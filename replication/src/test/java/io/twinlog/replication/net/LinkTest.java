package io.twinlog.replication.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.replication.core.Copy;
import io.twinlog.replication.core.PeerControl;
import io.twinlog.replication.core.PeerOut;
import io.twinlog.replication.core.Role;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LinkTest {

  private static final PeerAddress ANY_PORT = new PeerAddress("127.0.0.1", 0);

  private final Identities alphaIs = Identities.alpha();
  private final Identities betaIs = Identities.beta();
  private final List<AutoCloseable> open = new ArrayList<>();
  private EventLoopGroup loops = Transport.newGroup(3, "test");
  private PeerEndpoint endpoint;
  private TestNode alpha;
  private TestNode beta;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** Beta listens with one loop and works with another; alpha dials. */
  private void start() throws IOException {
    endpoint = PeerEndpoint.open(ANY_PORT, loops.next());
    open.add(endpoint);
    beta = new TestNode(betaIs, loops.next(), 9, endpoint);
    open.add(0, beta);
    alpha = new TestNode(alphaIs, loops.next(), endpoint.port(), null);
    open.add(0, alpha);
  }

  private void startLinked() throws IOException {
    start();
    alpha.expect("up node 1");
    beta.expect("up node 0");
  }

  @Test
  void shouldCarryEveryKindOfFrameWhenLinked() throws Exception {
    startLinked();
    carryEveryKindOfFrame();
  }

  @Test
  void shouldCarryEveryKindOfFrameWhenLinkedByNio() throws Exception {
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    loops = new MultiThreadIoEventLoopGroup(3, NioIoHandler.newFactory());
    startLinked();
    carryEveryKindOfFrame();
  }

  private void carryEveryKindOfFrame() {
    ByteBuf small = Frames.bytes(512, 1);
    ByteBuf large = Frames.bytes(32 << 20, 2);
    ByteBuf piece = Frames.bytes(128 << 10, 3);
    ByteBuf digests = Frames.bytes(48, 4);
    PeerControl status = new PeerControl.PeerStatus(Role.PRIMARY, Copy.UP_TO_DATE, false);
    alpha.onLink(
        link -> {
          link.control(status);
          link.write(3, 1, Command.WRITE, 4096, 512, small);
          link.write(3, 2, Command.WRITE, 0, 32 << 20, large);
          link.write(3, 3, Command.TRIM, 8192, 4096, null);
          link.write(3, 4, Command.WRITE_ZEROES, 0, Frames.DEVICE, null);
          link.blocks(3, 128 << 10, 128 << 10, piece.retain());
          link.blocks(3, 0, 1 << 20, null);
          link.digests(3, 8192, digests.retain());
          link.barrier(3);
          link.heartbeat();
        });
    beta.onLink(link -> link.confirm(3, 4, 7));
    beta.expect(status.toString());
    beta.expect("WRITE 3 1 4096 512 " + TestNode.checksum(small));
    beta.expect("WRITE 3 2 0 33554432 " + TestNode.checksum(large));
    beta.expect("TRIM 3 3 8192 4096");
    beta.expect("WRITE_ZEROES 3 4 0 67108864");
    beta.expect("BLOCKS 3 131072 131072 " + TestNode.checksum(piece));
    beta.expect("BLOCKS 3 0 1048576");
    beta.expect("DIGESTS 3 8192 48 " + TestNode.checksum(digests));
    beta.expect("BARRIER 3");
    beta.expect("HEARTBEAT");
    alpha.expect("CONFIRM 3 4 7");
  }

  @Test
  void shouldRefuseByNameOnBothSidesWhenSecretsDiffer() throws Exception {
    betaIs.secret = "another";
    start();
    refusedBy(beta, alpha, "the shared secrets of beta and alpha differ");
  }

  @Test
  void shouldRefuseByNameOnBothSidesWhenSizesDiffer() throws Exception {
    betaIs.deviceBytes = 4096;
    start();
    refusedBy(beta, alpha, "different sizes: 4096 bytes on beta, 67108864 bytes on alpha");
  }

  @Test
  void shouldRefuseByNameOnBothSidesWhenUuidsDiffer() throws Exception {
    betaIs.uuid = Identities.OTHER_UUID;
    start();
    refusedBy(
        beta, alpha, "different UUIDs: " + betaIs.uuid + " on beta, " + alphaIs.uuid + " on alpha");
  }

  @Test
  void shouldRefuseByNameOnBothSidesWhenOneIsStandalone() throws Exception {
    betaIs.refusal = "standalone";
    endpoint = PeerEndpoint.open(ANY_PORT, loops.next());
    open.add(endpoint);
    beta = new TestNode(betaIs, loops.next(), 9, endpoint);
    open.add(0, beta);
    beta.wantsLink = false;
    alpha = new TestNode(alphaIs, loops.next(), endpoint.port(), null);
    open.add(0, alpha);
    refusedBy(beta, alpha, "beta is standalone");
    // Refusals are tried again, and not told again.
    beta.wantsLink = true;
    alpha.expect("up node 1");
    assertEquals(List.of(), List.copyOf(alpha.notices));
    assertEquals(List.of(), List.copyOf(beta.notices));
  }

  @Test
  void shouldNameTheResourceWhenTheAcceptorDoesNotHaveIt() throws Exception {
    alphaIs.resource = "r7";
    start();
    assertEquals("refused: peer refuses: no resource r7 here", alpha.notice());
  }

  private static void refusedBy(TestNode refuser, TestNode refused, String reason) {
    assertEquals("refused: refuses the peer: " + reason, refuser.notice());
    assertEquals("refused: peer refuses: " + reason, refused.notice());
  }

  @Test
  void shouldWarnByNameOnBothSidesWhenTheConfigurationDrifts() throws Exception {
    betaIs.config = Map.of("flush", "log", "size", "64 MiB");
    startLinked();
    assertEquals(
        "drift: r0: configuration differs from peer beta's in flush", TestNode.next(alpha.notices));
    assertEquals(
        "drift: r0: configuration differs from peer alpha's in flush", TestNode.next(beta.notices));
  }

  @Test
  void shouldLinkAgainWhenEitherSideClosed() throws Exception {
    startLinked();
    beta.onLink(link -> link.close("enough"));
    alpha.expect("down the peer closed the connection");
    alpha.expect("up node 1");
    beta.expect("up node 0");
    alpha.onLink(link -> link.close("enough"));
    beta.expect("down the peer closed the connection");
    beta.expect("up node 0");
    alpha.expect("up node 1");
  }

  @Test
  void shouldSendNothingAndReportNothingWhenTheReplicaHasClosedTheLink() throws Exception {
    startLinked();
    PeerOut old = alpha.out.get();
    alpha.wantsLink = false;
    alpha.onLink(link -> link.close("standalone"));
    beta.expect("down the peer closed the connection");
    alpha.onLink(
        link -> {
          old.heartbeat();
          old.blocks(1, 0, 512, Frames.bytes(512, 1));
          old.close("again");
        });
    assertEquals(List.of(), List.copyOf(alpha.heard));
  }

  @Test
  void shouldReplaceTheLinkWhenThePeerDialsAnew() throws Exception {
    startLinked();
    // The dialer's machine died without a word, and comes back.
    TestNode reborn = new TestNode(alphaIs, loops.next(), endpoint.port(), null);
    open.add(0, reborn);
    reborn.expect("up node 1");
    beta.expect("down replaced by a newer connection");
    beta.expect("up node 0");
    reborn.onLink(PeerOut::heartbeat);
    beta.expect("HEARTBEAT");
    alpha.wantsLink = false;
    alpha.expect("down the peer closed the connection");
  }

  @Test
  void shouldKeepTheLinkWhenAStrangerDials() throws Exception {
    startLinked();
    Identities stranger = Identities.alpha();
    stranger.secret = "guess";
    TestNode mallory = new TestNode(stranger, loops.next(), endpoint.port(), null);
    open.add(0, mallory);
    assertEquals(
        "refused: peer refuses: the shared secrets of beta and alpha differ", mallory.notice());
    alpha.onLink(PeerOut::heartbeat);
    beta.expect("HEARTBEAT");
  }

  @Test
  void shouldShowAndBoundTheQueueWhenThePeerNeverReads() throws Exception {
    endpoint = PeerEndpoint.open(ANY_PORT, loops.next());
    open.add(endpoint);
    // Beta's loop is kept busy, so that it reads nothing.
    beta = new TestNode(betaIs, loops.next(), 9, endpoint);
    open.add(0, beta);
    long limit = 48 << 20;
    alpha = new TestNode(alphaIs, loops.next(), endpoint.port(), null, limit);
    open.add(0, alpha);
    alpha.expect("up node 1");
    beta.expect("up node 0");
    CountDownLatch resume = new CountDownLatch(1);
    var blocked =
        beta.loop()
            .submit(
                () -> {
                  resume.await();
                  return null;
                });
    ByteBuf payload = Frames.bytes(1 << 20, 1);
    long[] queued = new long[2];
    try {
      alpha.onLink(
          link -> {
            for (int i = 1; i <= 32; i++) {
              link.write(1, i, Command.WRITE, 0, 1 << 20, payload);
            }
            queued[0] = link.queuedBytes();
          });
      alpha.onLink(
          link -> {
            // The turn has ended: the kernel has taken what it takes.
            queued[1] = link.queuedBytes();
            for (int i = 33; i <= 200; i++) {
              link.write(1, i, Command.WRITE, 0, 1 << 20, payload);
            }
          });
      assertTrue(queued[0] >= 32 << 20, "queued " + queued[0]);
      assertTrue(queued[1] >= 8 << 20 && queued[1] < queued[0], "then " + queued[1]);
      String down = TestNode.next(alpha.heard);
      assertTrue(down.startsWith("down the peer does not read: "), down);
      assertEquals(1, payload.refCnt());
    } finally {
      resume.countDown();
    }
    blocked.syncUninterruptibly();
  }

  @Test
  @SuppressWarnings(
      "FutureReturnValueIgnored") // what becomes of the write is seen on the other side
  void shouldCloseWithOneLineWhenThePeerSendsGarbage() throws Exception {
    startLinked();
    ByteBuf garbage = ByteBufAllocator.DEFAULT.buffer().writeZero(100);
    alpha.onLink(
        link -> {
          ChannelHandlerContext context = ((PeerLink) link).context();
          context.writeAndFlush(garbage, context.voidPromise());
        });
    beta.expect("down malformed data from the peer: frame magic is 0x0000");
    alpha.expect("down the peer closed the connection");
  }

  @Test
  void shouldDropStrangersWhenTheyAreTooMany() throws Exception {
    start();
    alpha.expect("up node 1");
    List<Socket> strangers = new ArrayList<>();
    try {
      for (int i = 0; i < PeerEndpoint.MAX_STRANGERS; i++) {
        strangers.add(new Socket(InetAddress.getLoopbackAddress(), endpoint.port()));
      }
      try (Socket more = new Socket(InetAddress.getLoopbackAddress(), endpoint.port())) {
        assertEquals(-1, more.getInputStream().read());
      }
      // Whoever says nonsense makes room.
      Socket first = strangers.get(0);
      first.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
      assertEquals(-1, first.getInputStream().read());
      try (Socket again = new Socket(InetAddress.getLoopbackAddress(), endpoint.port())) {
        again.getOutputStream().write(Handshake.refusal("hm").bytes());
        assertEquals(-1, again.getInputStream().read());
      }
      alpha.onLink(PeerOut::heartbeat);
      beta.expect("up node 0");
      beta.expect("HEARTBEAT");
    } finally {
      for (Socket stranger : strangers) {
        stranger.close();
      }
    }
  }

  @Test
  void shouldGiveUpAndSayWhyWhenThePeerIsNotThere() throws Exception {
    int port;
    try (ServerSocket closedSoon = new ServerSocket(0)) {
      port = closedSoon.getLocalPort();
    }
    alpha = new TestNode(alphaIs, loops.next(), port, null);
    open.add(alpha);
    String notice = alpha.notice();
    assertTrue(notice.startsWith("unreachable: ") && notice.contains("refused"), notice);
  }

  @Test
  void shouldTryAgainWhenThePeerClosesDuringTheHandshake() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      alpha = new TestNode(alphaIs, loops.next(), listener.getLocalPort(), null);
      open.add(alpha);
      for (int i = 0; i < 2; i++) {
        try (Socket accepted = listener.accept()) {
          InputStream in = accepted.getInputStream();
          assertEquals('T', in.read());
          in.skipNBytes(HandshakeFrame.HEADER_BYTES - 1);
        }
      }
      String notice = alpha.notice();
      assertTrue(notice.startsWith("unreachable: the "), notice);
    }
  }
}
