package io.twinlog.deploy.nemesis.history;

import java.nio.ByteBuffer;

/**
 * What clients write: each write has a value of its own, and the content of a block follows from
 * the value and the block's number, so what is read tells which write it is from.
 */
public final class Content {

  /** The block size of the histories. */
  public static final int BLOCK_BYTES = 4096;

  /** The value of a block that was never written: zeros. */
  public static final long ZERO = 0;

  /** What was read is no block that anybody wrote there. */
  public static final long GARBAGE = -1;

  private Content() {}

  /** The bytes of a write. */
  public static byte[] of(long value, int firstBlock, int blocks) {
    ByteBuffer data = ByteBuffer.allocate(blocks * BLOCK_BYTES);
    for (int block = firstBlock; block < firstBlock + blocks; block++) {
      data.putLong(value);
      for (int i = 1; i < BLOCK_BYTES / Long.BYTES; i++) {
        data.putLong(word(value, block, i));
      }
    }
    return data.array();
  }

  /** The values of what was read. */
  public static long[] values(byte[] read, int firstBlock) {
    ByteBuffer data = ByteBuffer.wrap(read);
    long[] values = new long[read.length / BLOCK_BYTES];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(data, i * BLOCK_BYTES, firstBlock + i);
    }
    return values;
  }

  private static long value(ByteBuffer data, int at, int block) {
    long value = data.getLong(at);
    for (int i = 1; i < BLOCK_BYTES / Long.BYTES; i++) {
      if (data.getLong(at + i * Long.BYTES) != word(value, block, i)) {
        return GARBAGE;
      }
    }
    return value;
  }

  /** Every eight bytes differ from their neighbours, other blocks' and other writes'. */
  private static long word(long value, int block, int index) {
    return value == ZERO ? 0 : (value * 31 + block) * 0x9E3779B97F4A7C15L + index;
  }
}
