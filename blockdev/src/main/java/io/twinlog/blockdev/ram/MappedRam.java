package io.twinlog.blockdev.ram;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.sys.AnonymousMemory;
import io.twinlog.blockdev.sys.LockedMemoryLimit;
import io.twinlog.blockdev.sys.Memory;
import io.twinlog.blockdev.sys.SharedMemory;
import io.twinlog.blockdev.sys.SystemCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A RAM device in memory mapped outside the heap, seen through windows of up to 1 GiB, because a
 * {@link ByteBuffer} ends at 2 GiB. Copies go straight between the window and the other buffer, and
 * are split where a window ends. The windows never leave this class, so nothing can touch the
 * memory after {@link #close}: every call checks first.
 */
public final class MappedRam implements RamDevice {

  private static final int WINDOW_BYTES = 1 << 30;

  /** What {@link #zero} copies from and {@link #isZero} compares with; never written. */
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 << 10).asReadOnlyBuffer();

  private final Memory memory;
  private final long sizeBytes;
  private final int windowShift;
  private final String description;

  /** Of this device alone: position and limit change with every use. */
  private final ByteBuffer zeros = ZEROS.duplicate();

  /** Null once closed. */
  private ByteBuffer[] windows;

  private MappedRam(Memory memory, int windowBytes, String description) {
    this.memory = memory;
    this.sizeBytes = memory.sizeBytes();
    this.windowShift = Integer.numberOfTrailingZeros(windowBytes);
    this.description = description;
    this.windows = new ByteBuffer[Math.toIntExact((sizeBytes + windowBytes - 1) >>> windowShift)];
    for (int i = 0; i < windows.length; i++) {
      long offset = (long) i << windowShift;
      windows[i] = memory.window(offset, (int) Math.min(windowBytes, sizeBytes - offset));
    }
  }

  /**
   * Maps a device of zeros.
   *
   * @param sizeBytes positive
   * @throws MemoryLockException when the memory cannot be locked as asked
   * @throws SystemCallException when there is not enough memory
   */
  public static MappedRam map(long sizeBytes, RamOptions options) throws IOException {
    return map(sizeBytes, options, WINDOW_BYTES);
  }

  /**
   * A device of zeros whose pages come when they are first touched: cheap to make, but it may be
   * swapped out.
   *
   * @param sizeBytes positive
   * @throws UncheckedIOException when there is not enough memory
   */
  public static MappedRam unlocked(long sizeBytes) {
    return unlocked(sizeBytes, WINDOW_BYTES);
  }

  /** As {@link #unlocked(long)}, with windows of another size, a power of two. */
  static MappedRam unlocked(long sizeBytes, int windowBytes) {
    try {
      return map(sizeBytes, new RamOptions(false, false), windowBytes);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot map " + sizeBytes + " bytes of RAM", e);
    }
  }

  private static MappedRam map(long sizeBytes, RamOptions options, int windowBytes)
      throws IOException {
    AnonymousMemory memory =
        options.hugePages() ? AnonymousMemory.mapHuge(sizeBytes) : AnonymousMemory.map(sizeBytes);
    boolean noHuge = options.hugePages() && memory.pages() == AnonymousMemory.Pages.NORMAL;
    return over(memory, options.lock(), windowBytes, noHuge ? " (no huge ones to be had)" : "");
  }

  /**
   * A device in memory that outlives the process, with whatever that holds.
   *
   * @param memory ownership passes, also when this fails
   * @throws MemoryLockException when the memory cannot be locked as asked
   */
  public static MappedRam of(SharedMemory memory, boolean lock) throws IOException {
    return over(memory, lock, WINDOW_BYTES, "");
  }

  private static MappedRam over(Memory memory, boolean lock, int windowBytes, String remark)
      throws IOException {
    try {
      if (lock) {
        lock(memory);
      }
      String description =
          memory.sizeBytes()
              + " bytes, "
              + (lock ? "locked, " : "not locked, ")
              + memory.description()
              + remark;
      return new MappedRam(memory, windowBytes, description);
    } catch (IOException | RuntimeException e) {
      closeAfter(e, memory);
      throw e;
    }
  }

  private static void lock(Memory memory) throws IOException {
    try {
      memory.lock();
    } catch (SystemCallException e) {
      throw MemoryLockException.of(memory.sizeBytes(), LockedMemoryLimit.current(), e);
    }
  }

  private static void closeAfter(Exception failure, Memory memory) {
    try {
      memory.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /** What the device's memory is made of, for a log line: size, locked or not, kind of pages. */
  public String description() {
    return description;
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public void write(long offsetBytes, ByteBuf source) {
    int left = source.readableBytes();
    check(offsetBytes, left);
    // getBytes with an index, never readBytes or internalNioBuffer: the same buffer may be on its
    // way to a socket, and those change state that all its holders share.
    int index = source.readerIndex();
    long offset = offsetBytes;
    while (left > 0) {
      ByteBuffer window = window(offset, left);
      int length = window.remaining();
      source.getBytes(index, window);
      index += length;
      offset += length;
      left -= length;
    }
  }

  @Override
  public void write(long offsetBytes, ByteBuffer source) {
    int end = source.limit();
    check(offsetBytes, source.remaining());
    long offset = offsetBytes;
    while (source.position() < end) {
      ByteBuffer window = window(offset, end - source.position());
      offset += window.remaining();
      source.limit(source.position() + window.remaining());
      window.put(source);
      source.limit(end);
    }
  }

  @Override
  public void zero(long offsetBytes, long lengthBytes) {
    check(offsetBytes, lengthBytes);
    long offset = offsetBytes;
    long left = lengthBytes;
    while (left > 0) {
      ByteBuffer window = window(offset, Math.min(left, zeros.capacity()));
      int length = window.remaining();
      window.put(zeros.position(0).limit(length));
      offset += length;
      left -= length;
    }
  }

  @Override
  public void read(long offsetBytes, ByteBuf target, int lengthBytes) {
    check(offsetBytes, lengthBytes);
    // Once for all windows, so that a target that is too small is refused before it is changed.
    target.ensureWritable(lengthBytes);
    long offset = offsetBytes;
    int left = lengthBytes;
    while (left > 0) {
      ByteBuffer window = window(offset, left);
      int length = window.remaining();
      target.writeBytes(window);
      offset += length;
      left -= length;
    }
  }

  @Override
  public void read(long offsetBytes, ByteBuffer target) {
    check(offsetBytes, target.remaining());
    long offset = offsetBytes;
    while (target.hasRemaining()) {
      ByteBuffer window = window(offset, target.remaining());
      offset += window.remaining();
      target.put(window);
    }
  }

  @Override
  public boolean isZero(long offsetBytes, long lengthBytes) {
    check(offsetBytes, lengthBytes);
    long offset = offsetBytes;
    long left = lengthBytes;
    while (left > 0) {
      ByteBuffer window = window(offset, Math.min(left, zeros.capacity()));
      int length = window.remaining();
      // mismatch compares many bytes at a time.
      if (window.mismatch(zeros.position(0).limit(length)) >= 0) {
        return false;
      }
      offset += length;
      left -= length;
    }
    return true;
  }

  /** The window that holds the offset, set to at most {@code lengthBytes} from there. */
  private ByteBuffer window(long offsetBytes, long lengthBytes) {
    ByteBuffer window = windows[(int) (offsetBytes >>> windowShift)];
    int start = (int) (offsetBytes & ((1L << windowShift) - 1));
    int length = (int) Math.min(lengthBytes, window.capacity() - start);
    return window.limit(start + length).position(start);
  }

  private void check(long offsetBytes, long lengthBytes) {
    if (windows == null) {
      throw new IllegalStateException("the RAM device is closed");
    }
    Objects.checkFromIndexSize(offsetBytes, lengthBytes, sizeBytes);
  }

  @Override
  public void close() {
    if (windows == null) {
      return;
    }
    windows = null;
    try {
      memory.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot give the RAM device's memory back", e);
    }
  }
}
