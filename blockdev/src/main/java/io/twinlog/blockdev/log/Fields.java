package io.twinlog.blockdev.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Fixed binary fields, big-endian whatever the order of the buffer is set to, at absolute indices,
 * without allocation. A buffer's position and limit are as before after every call.
 */
final class Fields {

  private static final VarHandle SHORT =
      MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Fields() {}

  static int getUnsignedByte(ByteBuffer buffer, int index) {
    return Byte.toUnsignedInt(buffer.get(index));
  }

  static int getUnsignedShort(ByteBuffer buffer, int index) {
    return Short.toUnsignedInt((short) SHORT.get(buffer, index));
  }

  static void putShort(ByteBuffer buffer, int index, int value) {
    SHORT.set(buffer, index, (short) value);
  }

  static int getInt(ByteBuffer buffer, int index) {
    return (int) INT.get(buffer, index);
  }

  static void putInt(ByteBuffer buffer, int index, int value) {
    INT.set(buffer, index, value);
  }

  static long getLong(ByteBuffer buffer, int index) {
    return (long) LONG.get(buffer, index);
  }

  static void putLong(ByteBuffer buffer, int index, long value) {
    LONG.set(buffer, index, value);
  }

  /** Zeroes {@code [from, to)}. */
  static void clear(ByteBuffer buffer, int from, int to) {
    int index = from;
    for (; index + Long.BYTES <= to; index += Long.BYTES) {
      LONG.set(buffer, index, 0L);
    }
    for (; index < to; index++) {
      buffer.put(index, (byte) 0);
    }
  }

  /** Whether {@code [from, to)} holds nothing but zeros. */
  static boolean isZero(ByteBuffer buffer, int from, int to) {
    int index = from;
    for (; index + Long.BYTES <= to; index += Long.BYTES) {
      if ((long) LONG.get(buffer, index) != 0) {
        return false;
      }
    }
    for (; index < to; index++) {
      if (buffer.get(index) != 0) {
        return false;
      }
    }
    return true;
  }

  /** Adds {@code [from, to)} to the checksum. */
  static void update(CRC32C crc, ByteBuffer buffer, int from, int to) {
    int position = buffer.position();
    int limit = buffer.limit();
    buffer.limit(to).position(from);
    crc.update(buffer);
    buffer.limit(limit).position(position);
  }

  /** CRC32C (Castagnoli) of {@code [from, to)}; {@code crc} is reset first. */
  static int crc32c(CRC32C crc, ByteBuffer buffer, int from, int to) {
    crc.reset();
    update(crc, buffer, from, to);
    return (int) crc.getValue();
  }
}
