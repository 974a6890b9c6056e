package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Memory outside the Java heap, mapped for this process alone and filled with zeros. Not
 * thread-safe.
 */
public final class AnonymousMemory implements Memory {

  /** What the memory is made of. */
  public enum Pages {
    /** The kernel's base pages. */
    NORMAL,
    /** Base pages that the kernel was asked to join into huge ones where it can. */
    TRANSPARENT_HUGE,
    /** 2 MiB pages from the pool that the administrator reserved ({@code vm.nr_hugepages}). */
    RESERVED_HUGE
  }

  private static final long HUGE_PAGE_BYTES = 2L << 20;

  private final Mapping mapping;
  private final long sizeBytes;
  private final Pages pages;

  private AnonymousMemory(long address, long mappedBytes, long sizeBytes, Pages pages) {
    this.mapping = new Mapping(address, mappedBytes);
    this.sizeBytes = sizeBytes;
    this.pages = pages;
  }

  /**
   * Maps memory of the kernel's base pages.
   *
   * @param sizeBytes positive
   */
  public static AnonymousMemory map(long sizeBytes) throws SystemCallException {
    checkSize(sizeBytes);
    return new AnonymousMemory(
        Native.mapAnonymous(sizeBytes, 0), sizeBytes, sizeBytes, Pages.NORMAL);
  }

  /**
   * Maps memory of reserved huge pages, or, where there are not enough of them, of pages that the
   * kernel joins when it can; {@link #pages} says which.
   *
   * @param sizeBytes positive
   */
  public static AnonymousMemory mapHuge(long sizeBytes) throws SystemCallException {
    checkSize(sizeBytes);
    long rounded = Math.addExact(sizeBytes, HUGE_PAGE_BYTES - 1) & -HUGE_PAGE_BYTES;
    try {
      long address = Native.mapAnonymous(rounded, Native.MAP_HUGETLB | Native.MAP_HUGE_2MB);
      return new AnonymousMemory(address, rounded, sizeBytes, Pages.RESERVED_HUGE);
    } catch (SystemCallException noneReserved) {
      return mapTransparentHuge(sizeBytes);
    }
  }

  private static AnonymousMemory mapTransparentHuge(long sizeBytes) throws SystemCallException {
    long address = Native.mapAnonymous(sizeBytes, 0);
    Pages pages = Pages.TRANSPARENT_HUGE;
    try {
      Native.advise(address, sizeBytes, Native.MADV_HUGEPAGE);
    } catch (SystemCallException kernelHasNone) {
      pages = Pages.NORMAL;
    }
    return new AnonymousMemory(address, sizeBytes, sizeBytes, pages);
  }

  private static void checkSize(long sizeBytes) {
    if (sizeBytes <= 0) {
      throw new IllegalArgumentException("not a size of memory: " + sizeBytes);
    }
  }

  @Override
  public long sizeBytes() {
    return sizeBytes;
  }

  /** What the memory is made of. */
  public Pages pages() {
    return pages;
  }

  @Override
  public String description() {
    return switch (pages) {
      case NORMAL -> "normal pages";
      case TRANSPARENT_HUGE -> "transparent huge pages (not enough reserved ones)";
      case RESERVED_HUGE -> "reserved huge pages";
    };
  }

  /**
   * {@inheritDoc} Reserved huge pages are never swapped out and do not count against
   * RLIMIT_MEMLOCK, so they are only made present.
   */
  @Override
  public void lock() throws SystemCallException {
    if (pages == Pages.RESERVED_HUGE) {
      mapping.populate();
    } else {
      mapping.lock();
    }
  }

  @Override
  public ByteBuffer window(long offsetBytes, int lengthBytes) {
    return mapping.window(0, sizeBytes, offsetBytes, lengthBytes);
  }

  @Override
  public void close() throws IOException {
    mapping.close();
  }
}
