package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOutboundBuffer;

/**
 * Collects the replies of one connection and hands them to the socket together, once a turn. Keeps
 * count of the bytes that reads hold until the socket has taken them.
 */
final class ReplyQueue {

  /** Told when the socket has taken replies, by how many bytes the reads held. */
  @FunctionalInterface
  interface Written {
    void released(long bytes);
  }

  /** Small replies share a buffer of this size, which the pool's thread cache serves. */
  private static final int BATCH_BYTES = 16 << 10;

  private final Channel channel;
  private final Written written;
  private final Runnable flushTask = this::runFlush;
  private final ChannelFutureListener markerWritten = future -> markerDone();
  private ByteBuf batch;
  private long handedBytes;
  private long heldBytes;
  private long markedBytes;
  private boolean markerPending;
  private boolean flushScheduled;
  private boolean closed;

  ReplyQueue(Channel channel, Written written) {
    this.channel = channel;
    this.written = written;
  }

  /** A buffer with room for so many bytes, to be filled at once and not kept. */
  ByteBuf room(int bytes) {
    if (batch != null && batch.writableBytes() < bytes) {
      writeBatch();
    }
    if (batch == null) {
      int capacity = Math.max(bytes, BATCH_BYTES);
      batch = channel.alloc().directBuffer(capacity, capacity);
    }
    return batch;
  }

  /** The replies so far hold these bytes until they are written. */
  void hold(long bytes) {
    heldBytes += bytes;
  }

  /** Bytes given to the channel that the socket has not taken. */
  long pendingBytes() {
    ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
    return outbound == null ? 0 : outbound.totalPendingWriteBytes();
  }

  /** Bytes that the socket has taken. */
  long writtenBytes() {
    return handedBytes - pendingBytes();
  }

  /** Sees to it that everything is flushed at the end of this turn of the loop. */
  void flushSoon() {
    if (!flushScheduled) {
      flushScheduled = true;
      channel.eventLoop().execute(flushTask);
    }
  }

  void flush() {
    if (closed || batch == null) {
      return;
    }
    writeBatch();
    channel.flush();
    settle();
  }

  /** Discards what has not been given to the channel; the channel is being closed. */
  void close() {
    closed = true;
    if (batch != null) {
      batch.release();
      batch = null;
    }
    if (!markerPending) {
      releaseHeld();
    }
  }

  private void runFlush() {
    flushScheduled = false;
    flush();
  }

  private void writeBatch() {
    ByteBuf full = batch;
    batch = null;
    handedBytes += full.readableBytes();
    var unused = channel.write(full, channel.voidPromise());
  }

  /** Most often the socket takes everything at once; only otherwise a write tells when it has. */
  private void settle() {
    if (heldBytes == 0 || markerPending) {
      return;
    }
    if (pendingBytes() == 0) {
      releaseHeld();
      return;
    }
    markedBytes = heldBytes;
    heldBytes = 0;
    markerPending = true;
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(markerWritten);
  }

  private void markerDone() {
    markerPending = false;
    long bytes = markedBytes;
    markedBytes = 0;
    written.released(bytes);
    if (closed) {
      releaseHeld();
    } else {
      settle();
    }
  }

  private void releaseHeld() {
    long bytes = heldBytes;
    heldBytes = 0;
    written.released(bytes);
  }
}
