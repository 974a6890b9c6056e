package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Memory that outlives the process: a file of tmpfs or, in huge pages, of hugetlbfs, mapped, with
 * its lock held by one process at a time. The file holds a header, the memory itself and a trailer,
 * one after the other; whoever maps it next finds all three as this process left them, as long as
 * the machine runs. Not thread-safe.
 */
public final class SharedMemory implements Memory {
  private static final int PAGE_BYTES = 4096;
  private static final String HUGETLBFS = "hugetlbfs";

  private final int descriptor;
  private final Mapping mapping;
  private final long sizeBytes;
  private final int trailerBytes;
  private final String fileSystem;

  private SharedMemory(
      int descriptor, Mapping mapping, long sizeBytes, int trailerBytes, String fileSystem) {
    this.descriptor = descriptor;
    this.fileSystem = fileSystem;
    this.mapping = mapping;
    this.sizeBytes = sizeBytes;
    this.trailerBytes = trailerBytes;
  }

  /**
   * Maps the file, which is made, for its owner only, when it is not there, and made anew, all
   * zeros, when it has another size. All of it has its room from the start.
   *
   * @param sizeBytes positive, a multiple of 4096
   * @param trailerBytes at most 2 GiB - 4 KiB
   * @return null when another process has it
   * @throws SystemCallException {@code fallocate} with ENOSPC where there is not enough memory, or
   *     not enough huge pages
   */
  public static SharedMemory map(Path file, long sizeBytes, int trailerBytes) throws IOException {
    if (sizeBytes <= 0 || sizeBytes % PAGE_BYTES != 0 || trailerBytes < 0) {
      throw new IllegalArgumentException("not a size of memory: " + sizeBytes);
    }
    FileStore store = Files.getFileStore(file.toAbsolutePath().getParent());
    // Files of hugetlbfs, and mappings of them, consist of whole huge pages.
    long pageBytes = store.type().equals(HUGETLBFS) ? store.getBlockSize() : 1;
    long fileBytes = roundUp(PAGE_BYTES + sizeBytes + trailerBytes, pageBytes);
    int descriptor = Native.open(file, Native.O_RDWR | Native.O_CREAT | Native.O_NOFOLLOW);
    SharedMemory memory = null;
    try {
      if (Native.tryLockExclusively(descriptor)) {
        if (Native.size(descriptor) != fileBytes) {
          Native.truncate(descriptor, 0);
          Native.allocate(descriptor, fileBytes);
        }
        Mapping mapping = new Mapping(Native.mapShared(descriptor, fileBytes), fileBytes);
        memory = new SharedMemory(descriptor, mapping, sizeBytes, trailerBytes, store.type());
      }
    } finally {
      if (memory == null) {
        Native.close(descriptor);
      }
    }
    return memory;
  }

  private static long roundUp(long bytes, long unit) {
    return (bytes + unit - 1) / unit * unit;
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public String description() {
    String pages = fileSystem.equals(HUGETLBFS) ? "huge pages of " : "pages of ";
    return pages + fileSystem + ", which outlive the process";
  }

  /** 4096 bytes, big-endian; as {@link #window}. */
  public ByteBuffer header() {
    return mapping.window(0, PAGE_BYTES, 0, PAGE_BYTES);
  }

  /** What follows the memory, big-endian; as {@link #window}. */
  public ByteBuffer trailer() {
    return mapping.window(PAGE_BYTES + sizeBytes, trailerBytes, 0, trailerBytes);
  }

  @Override
  public void lock() throws SystemCallException {
    mapping.lock();
  }

  @Override
  public ByteBuffer window(long offsetBytes, int lengthBytes) {
    return mapping.window(PAGE_BYTES, sizeBytes, offsetBytes, lengthBytes);
  }

  /** Unmaps the file and lets go of it; the file stays. Idempotent. */
  @Override
  public void close() throws IOException {
    boolean mapped = true;
    try {
      mapped = mapping.close();
    } finally {
      if (mapped) {
        Native.close(descriptor);
      }
    }
  }
}
