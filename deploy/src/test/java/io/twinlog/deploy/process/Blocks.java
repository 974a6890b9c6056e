package io.twinlog.deploy.process;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** What a recorder writes: blocks whose content follows from their number and version. */
final class Blocks {

  static final int BYTES = 4096;

  private Blocks() {}

  /** Consecutive blocks of one version; version 0 is a block never written: zeros. */
  static byte[] content(int firstBlock, int count, int version) {
    ByteBuffer data = ByteBuffer.allocate(count * BYTES);
    if (version > 0) {
      for (int block = firstBlock; block < firstBlock + count; block++) {
        // Each word differs from its neighbours, from other blocks' and from other versions'.
        long word = ((long) block << 32 | version) * 0x9E3779B97F4A7C15L;
        for (int i = 0; i < BYTES; i += Long.BYTES) {
          data.putLong(word + i);
        }
      }
    }
    return data.array();
  }

  /** Whether block {@code index} of {@code data}, which is block {@code block}, has a version. */
  static boolean is(byte[] data, int index, int block, int version) {
    byte[] found = Arrays.copyOfRange(data, index * BYTES, (index + 1) * BYTES);
    return Arrays.equals(found, content(block, 1, version));
  }
}
