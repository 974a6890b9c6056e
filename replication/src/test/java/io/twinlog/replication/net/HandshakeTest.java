package io.twinlog.replication.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.twinlog.proto.peer.Hello;
import io.twinlog.proto.peer.Proof;
import io.twinlog.replication.core.PeerHello;
import io.twinlog.replication.net.Handshake.Side;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class HandshakeTest {

  private static final List<HandshakeFrame.Kind> KINDS = List.of(HandshakeFrame.Kind.values());

  private final Identities alpha = Identities.alpha();
  private final Identities beta = Identities.beta();

  /** What travels from the dialer to the acceptor, and back, may be changed on its way. */
  private UnaryOperator<HandshakeFrame> onTheWay = frame -> frame;

  @Test
  void shouldLinkWhenBothNodesAgree() throws Exception {
    Handshake dialer = handshake(Side.DIALER, alpha, 1);
    Handshake acceptor = handshake(Side.ACCEPTOR, beta, 2);
    HandshakeFrame hello = dialer.start().get(0);
    assertEquals(List.of(), acceptor.start());
    HandshakeFrame answer = acceptor.receive(hello).get(0);
    HandshakeFrame proof = dialer.receive(answer).get(0);
    HandshakeFrame counterProof = acceptor.receive(proof).get(0);
    assertFalse(acceptor.isDone());
    HandshakeFrame ready = dialer.receive(counterProof).get(0);
    assertTrue(dialer.isDone());
    assertEquals(HandshakeFrame.Kind.READY, ready.kind());
    assertEquals(List.of(), acceptor.receive(ready));
    assertTrue(acceptor.isDone());
    assertEquals(beta.state(), dialer.peer());
    assertEquals(alpha.state(), acceptor.peer());
    assertEquals(List.of(), dialer.drift());
  }

  @Test
  void shouldRefuseByNameWhenSecretsDiffer() {
    beta.secret = "another";
    assertEquals("beta: the shared secrets of beta and alpha differ", refusal());
  }

  @Test
  void shouldRefuseByNameWhenResourcesDiffer() {
    beta.resource = "r1";
    assertEquals("beta: different resources: r1 on beta, r0 on alpha", refusal());
  }

  @Test
  void shouldRefuseByNameWhenUuidsDiffer() {
    beta.uuid = Identities.OTHER_UUID;
    String reason = refusal();
    assertTrue(reason.startsWith("beta: different UUIDs: " + Identities.OTHER_UUID), reason);
  }

  @Test
  void shouldRefuseByNameWhenSizesDiffer() {
    beta.deviceBytes = 4096;
    assertEquals("beta: different sizes: 4096 bytes on beta, 67108864 bytes on alpha", refusal());
  }

  @Test
  void shouldRefuseByNameWhenBothNodesHaveOneName() {
    beta.node = "alpha";
    beta.peer = "beta";
    assertEquals("alpha: both nodes are named alpha", refusal());
  }

  @Test
  void shouldRefuseByNameWhenTheNodeIsAnother() {
    alpha.node = "gamma";
    assertEquals("beta: beta expects node alpha, not gamma", refusal());
  }

  @Test
  void shouldRefuseByNameWhenBothTakeThemselvesForTheSameOfTheTwo() {
    alpha.nodeIndex = 1;
    assertEquals("beta: beta and alpha do not agree on which is the first node", refusal());
  }

  @Test
  void shouldRefuseByNameWhenStandalone() {
    beta.refusal = "beta is standalone";
    assertEquals("beta: beta is standalone", refusal());
  }

  @Test
  void shouldRefuseByNameWhenNoProtocolVersionIsCommon() {
    onTheWay =
        frame -> {
          byte[] bytes = frame.bytes().clone();
          bytes[5] = 7;
          bytes[7] = 9;
          return read(bytes);
        };
    assertEquals("beta: no common protocol version: here 1 to 1, there 7 to 9", refusal());
  }

  @Test
  void shouldNameTheItemsWhenTheConfigurationDrifts() throws Exception {
    Hello there = helloWith(Map.of("flush", "log", "same", "1", "only-there", "x"));
    SharedConfig here = new SharedConfig(Map.of("flush", "ram", "same", "1", "only-here", "y"));
    assertEquals(List.of("flush", "only-here", "only-there"), here.differences(there));
    assertEquals(
        List.of(), new SharedConfig(Map.of("a", "b")).differences(helloWith(Map.of("a", "b"))));
  }

  private static Hello helloWith(Map<String, String> config) {
    Hello.Builder hello = Hello.newBuilder();
    new SharedConfig(config).describe(hello);
    return hello.build();
  }

  @Test
  void shouldRefuseWhenAnyByteOfAMessageIsChanged() {
    for (long seed = 0; seed < 1000; seed++) {
      Random random = new Random(seed);
      int victim = random.nextInt(4);
      int[] count = new int[1];
      onTheWay =
          frame -> {
            if (count[0]++ != victim) {
              return frame;
            }
            byte[] bytes = frame.bytes().clone();
            // A hello counts with its protocol range; the rest of a header is the reader's concern.
            int at = random.nextInt(bytes.length - 12);
            boolean range = at < 4 && frame.kind() == HandshakeFrame.Kind.HELLO;
            bytes[range ? at + 4 : Math.max(at, 4) + 12] ^= (byte) (1 << random.nextInt(8));
            return read(bytes);
          };
      assertThrows(HandshakeRefused.class, this::run, "seed " + seed);
    }
  }

  @Test
  void shouldRefuseWhenAMessageIsReplayedInAnotherHandshake() throws Exception {
    Handshake dialer = handshake(Side.DIALER, alpha, 1);
    Handshake acceptor = handshake(Side.ACCEPTOR, beta, 2);
    HandshakeFrame hello = dialer.start().get(0);
    HandshakeFrame proof = dialer.receive(acceptor.receive(hello).get(0)).get(0);
    Handshake second = handshake(Side.ACCEPTOR, beta, 3);
    second.receive(hello);
    assertThrows(HandshakeRefused.class, () -> second.receive(proof));
  }

  @Test
  void shouldRefuseWhenItsOwnProofIsReflected() throws Exception {
    Handshake dialer = handshake(Side.DIALER, alpha, 1);
    HandshakeFrame answer = handshake(Side.ACCEPTOR, beta, 2).receive(dialer.start().get(0)).get(0);
    HandshakeFrame proof = dialer.receive(answer).get(0);
    assertThrows(HandshakeRefused.class, () -> dialer.receive(proof));
  }

  @Test
  void shouldRefuseWhenMessagesComeOutOfOrder() {
    for (HandshakeFrame.Kind kind : List.of(HandshakeFrame.Kind.PROOF, HandshakeFrame.Kind.READY)) {
      Handshake acceptor = handshake(Side.ACCEPTOR, beta, 2);
      HandshakeFrame early = HandshakeFrame.of(kind, Proof.getDefaultInstance().toByteArray());
      HandshakeRefused refused =
          assertThrows(HandshakeRefused.class, () -> acceptor.receive(early));
      assertTrue(refused.getMessage().startsWith("out of order"), refused.getMessage());
    }
  }

  @Test
  void shouldNotAskForTheStateWhenTheDialerIsNotAuthentic() throws Exception {
    alpha.secret = "another";
    refusal();
    assertEquals(0, beta.asked);
  }

  @Test
  void shouldCarryTheReasonWhenThePeerRefuses() {
    Handshake dialer = handshake(Side.DIALER, alpha, 1);
    HandshakeRefused refused =
        assertThrows(
            HandshakeRefused.class,
            () -> dialer.receive(Handshake.refusal("line one\nline two\u001b[0m")));
    assertTrue(refused.isByPeer());
    assertEquals("line one?line two?[0m", refused.getMessage());
  }

  @Test
  void shouldEndInARefusalAtWorstWhenFedWithRandomMessages() {
    for (long seed = 0; seed < 1000; seed++) {
      Random random = new Random(seed);
      byte[] payload = new byte[random.nextInt(200)];
      random.nextBytes(payload);
      if (random.nextBoolean()) {
        payload =
            Hello.newBuilder()
                .setResourceBytes(ByteString.copyFrom("r0", UTF_8))
                .setNodeBytes(ByteString.copyFrom("alpha", UTF_8))
                .setNonce(ByteString.copyFrom(payload))
                .build()
                .toByteArray();
      }
      HandshakeFrame.Kind kind = KINDS.get(random.nextInt(KINDS.size()));
      HandshakeFrame frame = HandshakeFrame.of(kind, payload);
      Handshake acceptor = handshake(Side.ACCEPTOR, beta, seed);
      assertThrows(HandshakeRefused.class, () -> acceptor.receive(frame));
    }
  }

  /** Runs a handshake that fails and says which node refuses, and why. */
  private String refusal() {
    HandshakeRefused refused = assertThrows(HandshakeRefused.class, this::run);
    return speaker + ": " + refused.getMessage();
  }

  private String speaker;

  private void run() throws HandshakeRefused {
    Handshake dialer = handshake(Side.DIALER, alpha, 1);
    Handshake acceptor = handshake(Side.ACCEPTOR, beta, 2);
    List<HandshakeFrame> toAcceptor = dialer.start();
    while (!dialer.isDone() || !acceptor.isDone()) {
      speaker = beta.node;
      List<HandshakeFrame> toDialer = acceptor.receive(onTheWay.apply(toAcceptor.get(0)));
      if (acceptor.isDone()) {
        return;
      }
      speaker = alpha.node;
      toAcceptor = dialer.receive(onTheWay.apply(toDialer.get(0)));
    }
  }

  private static Handshake handshake(Side side, Identities who, long seed) {
    byte[] nonce = new byte[HelloCheck.NONCE_BYTES];
    new Random(seed).nextBytes(nonce);
    return new Handshake(
        side,
        who.identity(),
        nonce,
        new Handshake.Local() {
          @Override
          public String refusal() {
            return who.refusal;
          }

          @Override
          public PeerHello state() {
            who.asked++;
            return who.state();
          }
        });
  }

  private static HandshakeFrame read(byte[] bytes) {
    try {
      ByteBuf in = Unpooled.wrappedBuffer(bytes);
      HandshakeFrame frame = new HandshakeFrame.Reader().read(in);
      assertFalse(in.isReadable());
      return frame;
    } catch (FrameException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldReadOneMessageAndLeaveTheRestWhenBytesFollow() throws Exception {
    HandshakeFrame ready = HandshakeFrame.of(HandshakeFrame.Kind.READY, new byte[0]);
    HandshakeFrame refuse = Handshake.refusal("why");
    ByteBuf stream = Unpooled.wrappedBuffer(ready.bytes(), refuse.bytes());
    HandshakeFrame.Reader reader = new HandshakeFrame.Reader();
    assertEquals(HandshakeFrame.Kind.READY, reader.read(stream).kind());
    assertEquals(refuse.bytes().length, stream.readableBytes());
    while (stream.readableBytes() > 1) {
      assertNull(reader.read(stream.readSlice(1)));
    }
    assertEquals(HandshakeFrame.Kind.REFUSE, reader.read(stream).kind());
  }

  @Test
  void shouldRefuseBeforeItAllocatesWhenAMessageClaimsTooMuch() {
    byte[] bytes = HandshakeFrame.of(HandshakeFrame.Kind.READY, new byte[0]).bytes().clone();
    bytes[12] = (byte) 0xff;
    ByteBuf in = Unpooled.wrappedBuffer(bytes);
    FrameException refused =
        assertThrows(FrameException.class, () -> new HandshakeFrame.Reader().read(in));
    assertEquals("handshake message of 4278190080 bytes", refused.getMessage());
  }

  @Test
  void shouldRefuseWhenTheOtherSideSpeaksSomethingElse() {
    ByteBuf in = Unpooled.copiedBuffer("GET / HTTP/1.1\r\n\r\n", UTF_8);
    assertThrows(FrameException.class, () -> new HandshakeFrame.Reader().read(in));
  }
}
