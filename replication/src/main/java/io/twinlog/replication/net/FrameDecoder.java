package io.twinlog.replication.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;

/**
 * Cuts the byte stream of a link into checked frames without copying payloads: one that lies in one
 * read buffer is handed on as a slice of it, one that spans several as a composite of them. Memory
 * grows with what has arrived, never with what a header claims.
 */
final class FrameDecoder {

  /** Takes whole, checked frames. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes the next frame.
     *
     * @param header valid during the call only
     * @param payload null when the type has none; stays the caller's, valid during the call only
     */
    void frame(FrameHeader header, ByteBuf payload) throws FrameException;
  }

  /** How much more memory than data may be held before small reads are moved together. */
  private static final int SLACK_BYTES = 1 << 20;

  private static final int REPACK_BYTES = 64 << 10;

  private final ByteBufAllocator allocator;
  private final long deviceBytes;
  private final Sink sink;
  private final Crc crc = new Crc();
  private final FrameHeader header = new FrameHeader();
  private final ArrayDeque<ByteBuf> parts = new ArrayDeque<>();
  private long readable;
  private long held;
  private boolean headerRead;
  private boolean closed;

  FrameDecoder(ByteBufAllocator allocator, long deviceBytes, Sink sink) {
    this.allocator = allocator;
    this.deviceBytes = deviceBytes;
    this.sink = sink;
  }

  /**
   * Takes bytes in and hands every frame that is complete to the sink.
   *
   * @param in ownership passes, on an exception too
   */
  void feed(ByteBuf in) throws FrameException {
    if (closed || !in.isReadable()) {
      in.release();
      return;
    }
    add(in);
    while (!closed && next()) {
      // next() does the work
    }
  }

  /** Lets go of what is held and ignores everything that comes later; may be called by the sink. */
  void close() {
    closed = true;
    parts.forEach(ByteBuf::release);
    parts.clear();
    readable = 0;
    held = 0;
  }

  private boolean next() throws FrameException {
    if (!headerRead) {
      if (readable < FrameHeader.BYTES) {
        return false;
      }
      readHeader();
      headerRead = true;
    }
    int length = header.payloadBytes();
    if (readable < length) {
      return false;
    }
    headerRead = false;
    if (!header.type().hasPayload) {
      sink.frame(header, null);
      return true;
    }
    ByteBuf payload = take(length);
    try {
      if (crc.of(payload, payload.readerIndex(), length) != header.payloadCrc()) {
        throw new FrameException("checksum of a " + header.type() + " frame's payload is wrong");
      }
      sink.frame(header, payload);
    } finally {
      payload.release();
    }
    return true;
  }

  private void readHeader() throws FrameException {
    ByteBuf bytes = take(FrameHeader.BYTES);
    try {
      header.decode(bytes, crc, deviceBytes);
    } finally {
      bytes.release();
    }
  }

  /** The next bytes; the caller releases them. */
  private ByteBuf take(int length) {
    readable -= length;
    ByteBuf first = parts.peekFirst();
    if (first == null) {
      return Unpooled.EMPTY_BUFFER;
    }
    if (first.readableBytes() >= length) {
      ByteBuf bytes = first.readRetainedSlice(length);
      dropFirstIfEmpty(first);
      return bytes;
    }
    CompositeByteBuf bytes = allocator.compositeBuffer(parts.size());
    int missing = length;
    while (missing > 0) {
      ByteBuf part = parts.element();
      int count = Math.min(missing, part.readableBytes());
      bytes.addComponent(true, part.readRetainedSlice(count));
      missing -= count;
      dropFirstIfEmpty(part);
    }
    return bytes;
  }

  private void dropFirstIfEmpty(ByteBuf first) {
    if (!first.isReadable()) {
      parts.remove();
      held -= first.capacity();
      first.release();
    }
  }

  private void add(ByteBuf in) {
    readable += in.readableBytes();
    // A peer that sends in tiny pieces would otherwise pin a whole read buffer with each of them.
    if (!parts.isEmpty() && held + in.capacity() > 4 * readable + SLACK_BYTES) {
      repack(in);
    } else {
      parts.add(in);
      held += in.capacity();
    }
  }

  private void repack(ByteBuf in) {
    try {
      while (in.isReadable()) {
        ByteBuf last = parts.getLast();
        // Every part is ours; its free space may be used unless a composite still refers to it.
        if (!last.isWritable() || last.refCnt() != 1) {
          last = allocator.directBuffer(REPACK_BYTES, REPACK_BYTES);
          parts.add(last);
          held += REPACK_BYTES;
        }
        last.writeBytes(in, Math.min(in.readableBytes(), last.writableBytes()));
      }
    } finally {
      in.release();
    }
  }
}
