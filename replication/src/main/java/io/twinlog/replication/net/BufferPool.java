package io.twinlog.replication.net;

import io.twinlog.replication.core.ReplicaConfig;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;

/**
 * The direct, 4096-aligned buffers of one resource's backing I/O, all made at the start. Asking for
 * more than the limits, or giving back what was not taken, is a bug of the core. For one thread.
 */
final class BufferPool {

  private static final int ALIGNMENT = 4096;

  /** One size; knows whether each of its buffers is out. */
  private static final class Stock {
    final int bytes;
    final int count;
    final ArrayDeque<ByteBuffer> free;
    final IdentityHashMap<ByteBuffer, Boolean> out;

    Stock(int bytes, int count) {
      this.bytes = bytes;
      this.count = count;
      this.free = new ArrayDeque<>(count);
      this.out = new IdentityHashMap<>(count);
      ByteBuffer memory =
          ByteBuffer.allocateDirect(Math.multiplyExact(bytes, count) + ALIGNMENT)
              .alignedSlice(ALIGNMENT);
      for (int i = 0; i < count; i++) {
        free.push(memory.slice(i * bytes, bytes));
      }
    }
  }

  private final Stock small;
  private final Stock pieces;

  BufferPool(BufferLimits limits) {
    small = new Stock(ALIGNMENT, limits.small());
    pieces = new Stock(ReplicaConfig.PIECE_BYTES, limits.pieces());
  }

  /** Position 0, limit {@code bytes}, any content. */
  ByteBuffer acquire(int bytes) {
    if (bytes <= 0 || bytes > ReplicaConfig.PIECE_BYTES) {
      throw new IllegalArgumentException("a backing buffer of " + bytes + " bytes");
    }
    Stock stock = bytes <= ALIGNMENT ? small : pieces;
    ByteBuffer buffer = stock.free.poll();
    if (buffer == null) {
      throw new IllegalStateException(
          "all " + stock.count + " backing buffers of " + stock.bytes + " bytes are out");
    }
    stock.out.put(buffer, true);
    return buffer.clear().limit(bytes);
  }

  void release(ByteBuffer buffer) {
    Stock stock = buffer.capacity() == ALIGNMENT ? small : pieces;
    if (stock.out.remove(buffer) == null) {
      throw new IllegalStateException("a backing buffer was given back that is not out");
    }
    stock.free.push(buffer);
  }

  /** How many buffers are out. */
  int outstanding() {
    return small.out.size() + pieces.out.size();
  }
}
