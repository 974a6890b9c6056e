package io.twinlog.blockdev.nbd;

import io.twinlog.blockdev.RamDevice;
import java.util.Arrays;

/**
 * Which parts of a range are zero, as alternating runs; found by looking at the RAM, block by
 * block. Blocks are aligned to their size, so only the first and the last run may be odd.
 */
final class Extents {

  private int[] lengths = new int[16];
  private int count;
  private boolean firstIsZero;

  /**
   * Looks at a range of at least one byte; stops early after {@code maxRuns} runs.
   *
   * @param blockBytes a power of two; a block counts as zero when all of it that lies in the range
   *     is
   */
  void scan(RamDevice ram, long offsetBytes, int lengthBytes, int blockBytes, int maxRuns) {
    count = 0;
    long end = offsetBytes + lengthBytes;
    boolean lastIsZero = false;
    for (long at = offsetBytes; at < end; ) {
      int length = (int) (Math.min(end, (at / blockBytes + 1) * blockBytes) - at);
      boolean zero = ram.isZero(at, length);
      if (count == 0) {
        firstIsZero = zero;
      }
      if (count > 0 && zero == lastIsZero) {
        lengths[count - 1] += length;
      } else if (count == maxRuns) {
        return;
      } else {
        append(length);
      }
      lastIsZero = zero;
      at += length;
    }
  }

  int count() {
    return count;
  }

  int lengthBytes(int index) {
    return lengths[index];
  }

  boolean isZero(int index) {
    return firstIsZero == (index % 2 == 0);
  }

  private void append(int length) {
    if (count == lengths.length) {
      lengths = Arrays.copyOf(lengths, count * 2);
    }
    lengths[count++] = length;
  }
}
