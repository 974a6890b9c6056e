package io.twinlog.blockdev.shelf;

import java.nio.ByteBuffer;

/**
 * A fixed number of aligned buffers of one size, made at once and lent to chains. Owned by one
 * thread.
 */
public final class IoBuffers {

  private final int bufferBytes;
  private final ByteBuffer[] buffers;
  private final boolean[] lent;
  private int available;

  /** Makes {@code count} buffers of {@code bufferBytes} each. */
  public IoBuffers(int count, int bufferBytes) {
    this.bufferBytes = bufferBytes;
    this.buffers = new ByteBuffer[count];
    this.lent = new boolean[count];
    this.available = count;
    for (int i = 0; i < count; i++) {
      buffers[i] = AlignedBuffers.allocate(bufferBytes);
    }
  }

  /** Size of each buffer in bytes. */
  public int bufferBytes() {
    return bufferBytes;
  }

  /** How many can be had now. */
  public int available() {
    return available;
  }

  /**
   * Lends a buffer with position 0 and the limit asked for; its content is whatever it held before.
   *
   * @param lengthBytes 0 to {@link #bufferBytes}
   * @return null when all are lent
   */
  public ByteBuffer acquire(int lengthBytes) {
    if (lengthBytes < 0 || lengthBytes > bufferBytes) {
      throw new IllegalArgumentException(
          lengthBytes + " bytes asked of buffers of " + bufferBytes + " bytes");
    }
    for (int i = 0; i < buffers.length; i++) {
      if (!lent[i]) {
        lent[i] = true;
        available--;
        return buffers[i].clear().limit(lengthBytes);
      }
    }
    return null;
  }

  /** Takes a buffer back, the very object that {@link #acquire} gave. */
  @SuppressWarnings("ReferenceEquality") // Buffers are equal when their contents are.
  public void release(ByteBuffer buffer) {
    for (int i = 0; i < buffers.length; i++) {
      if (buffers[i] == buffer) {
        if (!lent[i]) {
          throw new IllegalStateException("the buffer was released before");
        }
        lent[i] = false;
        available++;
        return;
      }
    }
    throw new IllegalArgumentException("not a buffer of this pool");
  }
}
