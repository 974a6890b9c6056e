package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;

/**
 * Cuts a client's bytes into requests. Between a header and its payload the connection may say that
 * there is no room; then nothing more is consumed until {@link #decode} is called again.
 */
final class RequestDecoder {

  /** What the decoder finds; every call is about the header it was made with. */
  interface Sink {

    /**
     * Whether a request that will hold so many bytes may come in; false: ask again later. An
     * invalid one asks, too, with 0 bytes: its answer takes room as any other.
     */
    boolean admit(int bytes);

    /** An admitted request, whole; takes ownership of {@code payload}, null but for a WRITE. */
    void submit(ByteBuf payload);

    /** An invalid request; its payload has been skipped. */
    void refuse(NbdError error);

    /** NBD_CMD_DISC; nothing is decoded after it. */
    void disconnect();

    /** Whether the connection is over and nothing more is to be decoded. */
    boolean isOver();
  }

  private enum State {
    /** The header is incomplete. */
    HEADER,
    /** The header is complete and has not been admitted. */
    ADMISSION,
    /** The payload of an admitted WRITE is incomplete. */
    PAYLOAD,
    /** The payload of an invalid WRITE is being dropped. */
    SKIP
  }

  private final RequestHeader header;
  private final RequestRules rules;
  private final PayloadCollector payloads;
  private final Sink sink;
  private final ByteBuf headerBytes;
  private State state = State.HEADER;
  private NbdError error;
  private long skipBytes;

  /** {@code header} is shared with the sink, which reads it while it is called. */
  RequestDecoder(RequestHeader header, RequestRules rules, ByteBufAllocator allocator, Sink sink) {
    this.header = header;
    this.rules = rules;
    this.payloads = new PayloadCollector(allocator);
    this.sink = sink;
    this.headerBytes = Unpooled.buffer(Transmission.REQUEST_BYTES, Transmission.REQUEST_BYTES);
  }

  /** Where great payloads are gathered; see {@link #decodeLent}. */
  PayloadCollector payloads() {
    return payloads;
  }

  /** Whether a request waits for room. */
  boolean isBlocked() {
    return state == State.ADMISSION;
  }

  /** Consumes all of {@code in}, unless a request must wait or the connection is over. */
  void decode(ByteBuf in) throws ProtocolViolation {
    boolean progress = true;
    while (progress && !sink.isOver()) {
      progress =
          switch (state) {
            case HEADER -> readHeader(in);
            case ADMISSION -> admit();
            case PAYLOAD -> submit(payloads.offer(in));
            case SKIP -> skip(in);
          };
    }
  }

  /** Goes on after the socket has read into the buffer that was lent. */
  void decodeLent() {
    submit(payloads.takeLent());
  }

  void close() {
    payloads.close();
  }

  private boolean readHeader(ByteBuf in) throws ProtocolViolation {
    in.readBytes(headerBytes, Math.min(in.readableBytes(), headerBytes.writableBytes()));
    if (headerBytes.isWritable()) {
      return false;
    }
    header.read(headerBytes);
    headerBytes.clear();
    if (header.type() == Transmission.CMD_DISC) {
      sink.disconnect();
      return false;
    }
    error = rules.check(header);
    state = State.ADMISSION;
    return true;
  }

  private boolean admit() {
    boolean write = header.type() == Transmission.CMD_WRITE;
    boolean holdsBytes = error == null && (write || header.type() == Transmission.CMD_READ);
    if (!sink.admit(holdsBytes ? (int) header.lengthBytes() : 0)) {
      return false;
    }
    boolean hasPayload = write && header.lengthBytes() > 0;
    if (error != null) {
      skipBytes = hasPayload ? header.lengthBytes() : 0;
      state = State.SKIP;
    } else if (hasPayload) {
      payloads.begin((int) header.lengthBytes());
      state = State.PAYLOAD;
    } else {
      state = State.HEADER;
      sink.submit(null);
    }
    return true;
  }

  private boolean submit(ByteBuf payload) {
    if (payload == null) {
      return false;
    }
    state = State.HEADER;
    sink.submit(payload);
    return true;
  }

  private boolean skip(ByteBuf in) {
    int count = (int) Math.min(skipBytes, in.readableBytes());
    in.skipBytes(count);
    skipBytes -= count;
    if (skipBytes > 0) {
      return false;
    }
    state = State.HEADER;
    sink.refuse(error);
    return true;
  }
}
