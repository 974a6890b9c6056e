package io.twinlog.replication.net;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.twinlog.proto.peer.Hello;
import io.twinlog.proto.peer.Proof;
import io.twinlog.proto.peer.Refuse;
import io.twinlog.proto.peer.ReplicaState;
import io.twinlog.replication.core.PeerHello;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Mac;

/**
 * One side's half of the handshake, without a socket:
 *
 * <pre>
 *  dialer                acceptor
 *    HELLO  ------------->          who I am, fresh nonce
 *           <------------- HELLO
 *    PROOF  ------------->          knows the secret; from here the dialer is authenticated
 *           <------------- PROOF    from here the acceptor is
 *    READY  ------------->          frames may follow at once
 *    either side, at any time: REFUSE and the reason
 * </pre>
 *
 * <p>A proof is HMAC-SHA256 over the sender's side, both hellos as they were on the wire (so
 * nonces, names and everything else in them are covered) and the state of the sender's replica. The
 * state is asked for as late as possible, when an older connection has ended.
 */
final class Handshake {

  enum Side {
    DIALER,
    ACCEPTOR
  }

  /** What the handshake asks its own node. */
  interface Local {
    /** Why there is to be no link now; null when there may be one. */
    String refusal();

    /** The replica's state; asked for once, see the class. */
    PeerHello state();
  }

  private enum Awaiting {
    HELLO,
    PROOF,
    READY,
    NOTHING
  }

  private static final byte[] CONTEXT =
      "twinlog peer link proof 1".getBytes(StandardCharsets.US_ASCII);

  private final Side side;
  private final LinkIdentity self;
  private final Local local;
  private final HandshakeFrame ownHello;
  private Awaiting awaiting = Awaiting.HELLO;
  private HandshakeFrame peerHelloFrame;
  private Hello peerHello;
  private PeerHello peerState;

  /**
   * Prepares it.
   *
   * @param nonce 32 fresh random bytes
   * @param local asked for its refusal when the peer has said hello; for its state by a dialer
   *     right after that, by an acceptor when the dialer is authenticated
   */
  Handshake(Side side, LinkIdentity self, byte[] nonce, Local local) {
    this.side = side;
    this.self = self;
    this.local = local;
    this.ownHello = HelloCheck.hello(self, nonce);
  }

  /** What a dialer says first; an acceptor waits. */
  List<HandshakeFrame> start() {
    return side == Side.DIALER ? List.of(ownHello) : List.of();
  }

  /** Takes the peer's message in and returns the answer, in order. */
  List<HandshakeFrame> receive(HandshakeFrame frame) throws HandshakeRefused {
    return switch (frame.kind()) {
      case HELLO -> hello(frame);
      case PROOF -> proof(frame);
      case READY -> ready();
      case REFUSE -> throw HandshakeRefused.byPeer(reason(frame));
    };
  }

  /** Whether the link is up, for this side, once the last answer is sent. */
  boolean isDone() {
    return awaiting == Awaiting.NOTHING;
  }

  /** The peer's replica; only when done. */
  PeerHello peer() {
    return peerState;
  }

  /** Names of the configuration items that differ; only when done. */
  List<String> drift() {
    return self.config().differences(peerHello);
  }

  static HandshakeFrame refusal(String reason) {
    Refuse message = Refuse.newBuilder().setReason(Text.printable(reason)).build();
    return HandshakeFrame.of(HandshakeFrame.Kind.REFUSE, message.toByteArray());
  }

  private List<HandshakeFrame> hello(HandshakeFrame frame) throws HandshakeRefused {
    expect(Awaiting.HELLO);
    peerHello = HelloCheck.read(frame);
    HelloCheck.check(self, peerHello);
    String refusal = local.refusal();
    if (refusal != null) {
      throw HandshakeRefused.here(refusal);
    }
    peerHelloFrame = frame;
    awaiting = Awaiting.PROOF;
    return List.of(side == Side.DIALER ? ownProof() : ownHello);
  }

  private List<HandshakeFrame> proof(HandshakeFrame frame) throws HandshakeRefused {
    expect(Awaiting.PROOF);
    Side sender = side == Side.DIALER ? Side.ACCEPTOR : Side.DIALER;
    try {
      Proof proof = Proof.parseFrom(frame.payload());
      if (!MessageDigest.isEqual(mac(sender, proof.getState()), proof.getMac().toByteArray())) {
        throw HandshakeRefused.here(
            "the shared secrets of " + self.node() + " and " + self.peer() + " differ");
      }
      peerState = replicaState(ReplicaState.parseFrom(proof.getState()));
    } catch (InvalidProtocolBufferException | FrameException e) {
      throw HandshakeRefused.here("malformed proof: " + e.getMessage());
    }
    if (side == Side.ACCEPTOR) {
      awaiting = Awaiting.READY;
      return List.of(ownProof());
    }
    awaiting = Awaiting.NOTHING;
    return List.of(HandshakeFrame.of(HandshakeFrame.Kind.READY, new byte[0]));
  }

  private List<HandshakeFrame> ready() throws HandshakeRefused {
    expect(Awaiting.READY);
    awaiting = Awaiting.NOTHING;
    return List.of();
  }

  private void expect(Awaiting message) throws HandshakeRefused {
    if (awaiting != message) {
      throw HandshakeRefused.here("out of order: " + message + " instead of " + awaiting);
    }
  }

  private HandshakeFrame ownProof() {
    PeerHello own = local.state();
    ByteString bytes =
        ReplicaState.newBuilder()
            .setNode(own.node())
            .setIncarnation(own.incarnation())
            .setViewNumber(own.viewNumber())
            .setRole(ControlCodec.toProto(own.role()))
            .setLastNumber(own.lastNumber())
            .setNonce(own.nonce())
            .build()
            .toByteString();
    Proof proof =
        Proof.newBuilder().setState(bytes).setMac(ByteString.copyFrom(mac(side, bytes))).build();
    return HandshakeFrame.of(HandshakeFrame.Kind.PROOF, proof.toByteArray());
  }

  private PeerHello replicaState(ReplicaState peer) throws HandshakeRefused, FrameException {
    if (peer.getNode() != 1 - self.nodeIndex()) {
      throw HandshakeRefused.here(
          self.node() + " and " + self.peer() + " do not agree on which is the first node");
    }
    return new PeerHello(
        peer.getNode(),
        peer.getIncarnation(),
        ControlCodec.number(peer.getViewNumber()),
        ControlCodec.fromProto(peer.getRole()),
        ControlCodec.number(peer.getLastNumber()),
        peer.getNonce());
  }

  private byte[] mac(Side sender, ByteString replicaState) {
    HandshakeFrame dialer = side == Side.DIALER ? ownHello : peerHelloFrame;
    HandshakeFrame acceptor = side == Side.DIALER ? peerHelloFrame : ownHello;
    Mac mac = self.secret().mac();
    mac.update(CONTEXT);
    mac.update((byte) (sender == Side.DIALER ? 'D' : 'A'));
    updateWithLength(mac, dialer.bytes());
    updateWithLength(mac, acceptor.bytes());
    updateWithLength(mac, replicaState.toByteArray());
    return mac.doFinal();
  }

  private static void updateWithLength(Mac mac, byte[] bytes) {
    mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    mac.update(bytes);
  }

  private static String reason(HandshakeFrame frame) {
    try {
      return Refuse.parseFrom(frame.payload()).getReason();
    } catch (InvalidProtocolBufferException e) {
      return "(no readable reason)";
    }
  }
}
