package io.twinlog.replication.net;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.twinlog.proto.peer.Hello;
import java.nio.ByteBuffer;
import java.util.UUID;

/** Makes a node's hello, and decides whether two nodes may talk at all. */
final class HelloCheck {

  static final int NONCE_BYTES = 32;

  private HelloCheck() {}

  static HandshakeFrame hello(LinkIdentity self, byte[] nonce) {
    Hello.Builder hello =
        Hello.newBuilder()
            .setResource(self.resource())
            .setUuid(bytes(self.uuid()))
            .setSizeBytes(self.deviceBytes())
            .setNode(self.node())
            .setNonce(ByteString.copyFrom(nonce));
    self.config().describe(hello);
    return HandshakeFrame.of(HandshakeFrame.Kind.HELLO, hello.build().toByteArray());
  }

  /** Reads a hello, the protocol range first. */
  static Hello read(HandshakeFrame frame) throws HandshakeRefused {
    if (frame.lowestProtocol() > HandshakeFrame.HIGHEST_PROTOCOL
        || frame.highestProtocol() < HandshakeFrame.LOWEST_PROTOCOL) {
      throw HandshakeRefused.here(
          String.format(
              "no common protocol version: here %d to %d, there %d to %d",
              HandshakeFrame.LOWEST_PROTOCOL,
              HandshakeFrame.HIGHEST_PROTOCOL,
              frame.lowestProtocol(),
              frame.highestProtocol()));
    }
    try {
      return Hello.parseFrom(frame.payload());
    } catch (InvalidProtocolBufferException e) {
      throw HandshakeRefused.here("malformed hello: " + e.getMessage());
    }
  }

  /** Refuses by name; reasons name both nodes, so that they read the same on both sides. */
  static void check(LinkIdentity self, Hello peer) throws HandshakeRefused {
    String here = " on " + self.node();
    String there = " on " + peer.getNode();
    require(
        peer.getResource().equals(self.resource()),
        "different resources: " + self.resource() + here + ", " + peer.getResource() + there);
    require(!peer.getNode().equals(self.node()), "both nodes are named " + self.node());
    require(
        peer.getNode().equals(self.peer()),
        self.node() + " expects node " + self.peer() + ", not " + peer.getNode());
    require(
        peer.getUuid().equals(bytes(self.uuid())),
        "different UUIDs: " + self.uuid() + here + ", " + uuid(peer.getUuid()) + there);
    require(
        peer.getSizeBytes() == self.deviceBytes(),
        "different sizes: "
            + (self.deviceBytes() + " bytes" + here + ", ")
            + (Long.toUnsignedString(peer.getSizeBytes()) + " bytes" + there));
    require(peer.getNonce().size() == NONCE_BYTES, "malformed hello: nonce");
  }

  private static void require(boolean condition, String reason) throws HandshakeRefused {
    if (!condition) {
      throw HandshakeRefused.here(reason);
    }
  }

  private static ByteString bytes(UUID uuid) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * Long.BYTES);
    bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(bytes);
  }

  private static String uuid(ByteString bytes) {
    if (bytes.size() != 2 * Long.BYTES) {
      return "none";
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new UUID(buffer.getLong(), buffer.getLong()).toString();
  }
}
