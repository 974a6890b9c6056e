package io.twinlog.blockdev.shelf;

import java.nio.ByteBuffer;

/** Makes buffers that direct I/O takes. */
public final class AlignedBuffers {

  /** What addresses are multiples of: no device in use wants more. */
  public static final int ALIGNMENT_BYTES = 4096;

  private AlignedBuffers() {}

  /**
   * A direct buffer of zeros, aligned to 4096 bytes. It costs up to 4096 bytes more than it holds,
   * and is given back when the collector finds it: made at start, not along the way.
   */
  public static ByteBuffer allocate(int sizeBytes) {
    ByteBuffer larger = ByteBuffer.allocateDirect(Math.addExact(sizeBytes, ALIGNMENT_BYTES));
    int start = larger.alignmentOffset(0, ALIGNMENT_BYTES);
    int skip = start == 0 ? 0 : ALIGNMENT_BYTES - start;
    return larger.slice(skip, sizeBytes);
  }
}
