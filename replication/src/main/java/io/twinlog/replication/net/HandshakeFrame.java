package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;

/**
 * A message of the handshake. This layout never changes, so that two versions that share nothing
 * else can still tell each other so. Big-endian:
 *
 * <pre>
 *  byte  size  field
 *     0     4  magic 0x54574C50 ("TWLP")
 *     4     2  lowest protocol version that the sender speaks
 *     6     2  highest protocol version that the sender speaks
 *     8     1  kind: 1 HELLO, 2 PROOF, 3 READY, 4 REFUSE
 *     9     3  0
 *    12     4  length of the payload, at most 65520
 *    16        payload: twinlog.peer.Hello, Proof, nothing, Refuse
 * </pre>
 */
final class HandshakeFrame {

  static final int LOWEST_PROTOCOL = 1;
  static final int HIGHEST_PROTOCOL = 1;

  static final int HEADER_BYTES = 16;

  /** Header and payload. */
  static final int MAX_BYTES = 64 << 10;

  private static final int MAGIC = 0x54574c50;
  private static final int LENGTH_AT = 12;
  private static final int KIND_AT = 8;

  enum Kind {
    HELLO(1),
    PROOF(2),
    READY(3),
    REFUSE(4);

    private static final Kind[] KINDS = values();

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  private final byte[] bytes;

  private HandshakeFrame(byte[] bytes) {
    this.bytes = bytes;
  }

  static HandshakeFrame of(Kind kind, byte[] payload) {
    if (payload.length > MAX_BYTES - HEADER_BYTES) {
      throw new IllegalArgumentException(kind + " of " + payload.length + " bytes");
    }
    byte[] bytes = new byte[HEADER_BYTES + payload.length];
    Unpooled.wrappedBuffer(bytes)
        .writerIndex(0)
        .writeInt(MAGIC)
        .writeShort(LOWEST_PROTOCOL)
        .writeShort(HIGHEST_PROTOCOL)
        .writeByte(kind.code)
        .writeMedium(0)
        .writeInt(payload.length)
        .writeBytes(payload);
    return new HandshakeFrame(bytes);
  }

  /** The whole message as it is on the wire; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  Kind kind() {
    return Kind.KINDS[bytes[KIND_AT] - 1];
  }

  int lowestProtocol() {
    return Unpooled.wrappedBuffer(bytes).getUnsignedShort(4);
  }

  int highestProtocol() {
    return Unpooled.wrappedBuffer(bytes).getUnsignedShort(6);
  }

  byte[] payload() {
    return Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length);
  }

  /** Collects one message at a time from a stream; memory is at most one message. */
  static final class Reader {
    private byte[] bytes = new byte[HEADER_BYTES];
    private int count;

    /**
     * Takes at most what is missing of the message at hand and leaves the rest.
     *
     * @return null while the message is not complete
     */
    HandshakeFrame read(ByteBuf in) throws FrameException {
      take(in);
      if (count == HEADER_BYTES && bytes.length == HEADER_BYTES) {
        bytes = Arrays.copyOf(bytes, HEADER_BYTES + checkedLength());
        take(in);
      }
      if (count < HEADER_BYTES || count < bytes.length) {
        return null;
      }
      HandshakeFrame frame = new HandshakeFrame(bytes);
      bytes = new byte[HEADER_BYTES];
      count = 0;
      return frame;
    }

    private void take(ByteBuf in) {
      int chunk = Math.min(in.readableBytes(), bytes.length - count);
      in.readBytes(bytes, count, chunk);
      count += chunk;
    }

    private int checkedLength() throws FrameException {
      ByteBuf header = Unpooled.wrappedBuffer(bytes);
      if (header.getInt(0) != MAGIC) {
        throw new FrameException("it does not speak the Twinlog peer protocol");
      }
      int kind = header.getUnsignedByte(KIND_AT);
      if (kind < 1 || kind > Kind.KINDS.length) {
        throw new FrameException("unknown kind " + kind + " of handshake message");
      }
      long length = header.getUnsignedInt(LENGTH_AT);
      if (length > MAX_BYTES - HEADER_BYTES) {
        throw new FrameException("handshake message of " + length + " bytes");
      }
      return (int) length;
    }
  }
}
