package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;

/**
 * Gathers the payload of one WRITE at a time. One that lies whole in a buffer read from the socket
 * is a slice of that buffer. Of any other, the part already read is copied into segments of its own
 * size (at most 1 MiB each, so that they come from the pool), and the socket reads the rest
 * straight into them: nothing is copied twice, and no payload pins more memory than it has bytes.
 */
final class PayloadCollector {

  private static final int SEGMENT_BYTES = 1 << 20;

  /** Below this a read of its own costs more than copying out of an ordinary read. */
  private static final int LEND_BYTES = 32 << 10;

  private final ByteBufAllocator allocator;
  private int missingBytes;
  private ByteBuf segment;
  private CompositeByteBuf composite;
  private ByteBuf lent;

  PayloadCollector(ByteBufAllocator allocator) {
    this.allocator = allocator;
  }

  /** A payload of so many bytes follows; the one before is complete. */
  void begin(int payloadBytes) {
    missingBytes = payloadBytes;
  }

  /** Whether a payload has begun and is not complete. */
  boolean isCollecting() {
    return missingBytes > 0;
  }

  /** Takes bytes from {@code in}; the complete payload, which the caller owns then, or null. */
  ByteBuf offer(ByteBuf in) {
    if (segment == null && composite == null && in.readableBytes() >= missingBytes) {
      ByteBuf payload = in.readRetainedSlice(missingBytes);
      missingBytes = 0;
      return payload;
    }
    while (missingBytes > 0 && in.isReadable()) {
      openSegment();
      int count = Math.min(in.readableBytes(), segment.writableBytes());
      segment.writeBytes(in, count);
      advance(count);
    }
    return missingBytes == 0 ? take() : null;
  }

  /**
   * A buffer for the socket to read the next bytes into, owned by the caller, or null when it may
   * use one of its own. It comes back by {@link #isLent} and {@link #takeLent}, or is just
   * released.
   */
  ByteBuf lend() {
    lent = null;
    if (missingBytes < LEND_BYTES) {
      return null;
    }
    openSegment();
    int position = segment.writerIndex();
    lent = segment.retainedDuplicate().setIndex(position, position);
    return lent;
  }

  /** Whether this is the buffer last lent. */
  @SuppressWarnings("ReferenceEquality") // The very object: equal bytes mean nothing.
  boolean isLent(ByteBuf buffer) {
    return buffer == lent;
  }

  /** Takes the lent buffer back, with what was read; the payload if it is complete, or null. */
  ByteBuf takeLent() {
    int count = lent.readableBytes();
    lent.release();
    lent = null;
    segment.writerIndex(segment.writerIndex() + count);
    advance(count);
    return missingBytes == 0 ? take() : null;
  }

  /** Gives up what has been gathered. */
  void close() {
    missingBytes = 0;
    lent = null;
    if (segment != null) {
      segment.release();
      segment = null;
    }
    if (composite != null) {
      composite.release();
      composite = null;
    }
  }

  private void openSegment() {
    if (segment == null) {
      int bytes = Math.min(missingBytes, SEGMENT_BYTES);
      segment = allocator.directBuffer(bytes, bytes);
    }
  }

  private void advance(int count) {
    missingBytes -= count;
    if (segment.isWritable() || (missingBytes == 0 && composite == null)) {
      return;
    }
    if (composite == null) {
      composite = allocator.compositeDirectBuffer(Integer.MAX_VALUE);
    }
    composite.addComponent(true, segment);
    segment = null;
  }

  private ByteBuf take() {
    ByteBuf payload = composite == null ? segment : composite;
    segment = null;
    composite = null;
    return payload;
  }
}
