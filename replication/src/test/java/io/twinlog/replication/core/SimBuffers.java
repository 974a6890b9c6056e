package io.twinlog.replication.core;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/** The cores' I/O buffers; whoever looks at one after giving it back finds it overwritten. */
final class SimBuffers {
  /** Only so much of a buffer is overwritten: the rest is as good as never used. */
  private static final int SPOILT_BYTES = 16 * 1024;

  private final Map<Integer, ArrayDeque<ByteBuffer>> free = new HashMap<>();
  private final IdentityHashMap<ByteBuffer, Boolean> out = new IdentityHashMap<>();

  ByteBuffer acquire(int bytes) {
    ArrayDeque<ByteBuffer> same = free.get(bytes);
    ByteBuffer buffer =
        same == null || same.isEmpty() ? ByteBuffer.allocate(bytes) : same.removeLast();
    buffer.clear();
    out.put(buffer, true);
    return buffer;
  }

  void release(ByteBuffer buffer) {
    if (out.remove(buffer) == null) {
      throw new SimFailure("a buffer is given back twice, or is not one of these");
    }
    buffer.clear();
    for (int i = Math.min(buffer.capacity(), SPOILT_BYTES) / Long.BYTES; i > 0; i--) {
      buffer.putLong(0xEEEE_EEEE_EEEE_EEEEL);
    }
    free.computeIfAbsent(buffer.capacity(), size -> new ArrayDeque<>()).add(buffer);
  }
}
