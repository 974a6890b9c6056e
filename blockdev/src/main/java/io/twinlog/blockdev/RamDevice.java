package io.twinlog.blockdev;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/**
 * The RAM copy of a device: bytes outside the Java heap, addressed by {@code long} offsets. Not
 * thread-safe: one event loop owns it. A range outside the device is an {@link
 * IndexOutOfBoundsException}, always checked.
 */
public interface RamDevice extends AutoCloseable {

  /** Size in bytes. */
  long sizeBytes();

  /** Copies all readable bytes of {@code source} to the device; its indices do not move. */
  void write(long offsetBytes, ByteBuf source);

  /** Copies the remaining bytes of {@code source} to the device; its position moves. */
  void write(long offsetBytes, ByteBuffer source);

  /** Makes a range read as zeros. */
  void zero(long offsetBytes, long lengthBytes);

  /** Appends {@code lengthBytes} of the device to {@code target}. */
  void read(long offsetBytes, ByteBuf target, int lengthBytes);

  /** Fills the remaining space of {@code target}; its position moves. */
  void read(long offsetBytes, ByteBuffer target);

  /** Whether every byte of the range is zero. */
  boolean isZero(long offsetBytes, long lengthBytes);

  /** Unmaps the memory; idempotent. Every other call afterwards is an error. */
  @Override
  void close();
}
