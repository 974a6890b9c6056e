package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Memory that outlives the process: a file of tmpfs, mapped, with its lock held by one process at a
 * time. The file holds a header, the memory itself and a trailer, one after the other; whoever maps
 * it next finds all three as this process left them, as long as the machine runs. Not thread-safe.
 */
public final class SharedMemory implements Memory {
  private static final int PAGE_BYTES = 4096;

  private final int descriptor;
  private final long address;
  private final long mappedBytes;
  private final long sizeBytes;
  private boolean closed;

  private SharedMemory(int descriptor, long address, long mappedBytes, long sizeBytes) {
    this.descriptor = descriptor;
    this.address = address;
    this.mappedBytes = mappedBytes;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Maps the file, which is made, for its owner only, when it is not there, and made anew, all
   * zeros, when it has another size. All of it has its room from the start.
   *
   * @param sizeBytes positive, a multiple of 4096
   * @param trailerBytes at most 2 GiB - 4 KiB
   * @return null when another process has it
   * @throws SystemCallException {@code fallocate} with ENOSPC where there is not enough memory
   */
  public static SharedMemory map(Path file, long sizeBytes, int trailerBytes)
      throws SystemCallException {
    if (sizeBytes <= 0 || sizeBytes % PAGE_BYTES != 0 || trailerBytes < 0) {
      throw new IllegalArgumentException("not a size of memory: " + sizeBytes);
    }
    long fileBytes = PAGE_BYTES + sizeBytes + trailerBytes;
    int descriptor = Native.open(file, Native.O_RDWR | Native.O_CREAT | Native.O_NOFOLLOW);
    try {
      Native.lockExclusively(descriptor);
      if (Native.size(descriptor) != fileBytes) {
        Native.truncate(descriptor, 0);
        Native.allocate(descriptor, fileBytes);
      }
      long address = Native.mapShared(descriptor, fileBytes);
      return new SharedMemory(descriptor, address, fileBytes, sizeBytes);
    } catch (SystemCallException e) {
      Native.close(descriptor);
      if (e.errno() == Errno.EAGAIN) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public String description() {
    return "pages of tmpfs, which outlive the process";
  }

  /** 4096 bytes, big-endian; as {@link #window}. */
  public ByteBuffer header() {
    checkOpen();
    return Native.view(address, PAGE_BYTES);
  }

  /** What follows the memory, big-endian; as {@link #window}. */
  public ByteBuffer trailer() {
    checkOpen();
    long start = PAGE_BYTES + sizeBytes;
    return Native.view(address + start, (int) (mappedBytes - start));
  }

  @Override
  public void lock() throws SystemCallException {
    checkOpen();
    Native.lock(address, mappedBytes);
  }

  @Override
  public ByteBuffer window(long offsetBytes, int lengthBytes) {
    checkOpen();
    if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes > sizeBytes - lengthBytes) {
      throw new IndexOutOfBoundsException(
          "window of " + lengthBytes + " bytes at " + offsetBytes + " of " + sizeBytes);
    }
    return Native.view(address + PAGE_BYTES + offsetBytes, lengthBytes);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the memory was given back");
    }
  }

  /** Unmaps the file and lets go of it; the file stays. Idempotent. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      try {
        Native.unmap(address, mappedBytes);
      } finally {
        Native.close(descriptor);
      }
    }
  }
}
