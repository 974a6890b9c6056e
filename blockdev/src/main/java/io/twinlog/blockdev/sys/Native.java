package io.twinlog.blockdev.sys;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The one place that calls the C library. Every failure is a {@link SystemCallException}; calls
 * that a signal interrupted are repeated. Descriptors and addresses stay inside this package: the
 * public classes around it own one each and check what is done with it.
 *
 * <p>Values of constants and layouts are those that Linux has in common on x86-64 and AArch64.
 */
final class Native {

  // asm-generic/mman-common.h and mman.h
  static final int PROT_READ = 0x1;
  static final int PROT_WRITE = 0x2;
  static final int MAP_PRIVATE = 0x02;
  static final int MAP_ANONYMOUS = 0x20;
  static final int MAP_HUGETLB = 0x40000;
  static final int MAP_HUGE_2MB = 21 << 26;
  static final int MADV_HUGEPAGE = 14;
  static final int MADV_POPULATE_WRITE = 23;

  // asm-generic/resource.h
  static final int RLIMIT_MEMLOCK = 8;

  private static final LibC C = LibraryLoader.create(LibC.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(C);

  /**
   * Signatures as in the manual pages, with every pointer an address ({@code long}), so that a call
   * allocates nothing. Public only because the generated binding lives in another class loader.
   *
   * <p>Where all of six arguments are primitive, jnr-ffi's x86-64 stub takes the sixth from the
   * wrong place in the stack: make one of them a {@link Pointer}, which avoids the stub.
   */
  public interface LibC {
    long mmap(Pointer address, long length, int protection, int flags, int descriptor, long offset);

    int munmap(long address, long length);

    int mlock(long address, long length);

    int madvise(long address, long length, int advice);

    int getrlimit(int resource, long limit);
  }

  private Native() {}

  static long mapAnonymous(long length, int extraFlags) throws SystemCallException {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | extraFlags;
    long address = C.mmap(null, length, PROT_READ | PROT_WRITE, flags, -1, 0);
    // MAP_FAILED
    if (address == -1) {
      throw failure("mmap");
    }
    return address;
  }

  static void unmap(long address, long length) throws SystemCallException {
    check("munmap", C.munmap(address, length));
  }

  static void lock(long address, long length) throws SystemCallException {
    int result;
    do {
      result = C.mlock(address, length);
    } while (result < 0 && interrupted());
    check("mlock", result);
  }

  static void advise(long address, long length, int advice) throws SystemCallException {
    int result;
    do {
      result = C.madvise(address, length, advice);
    } while (result < 0 && interrupted());
    check("madvise", result);
  }

  /** Fills {@code struct rlimit}: two 64-bit numbers, the present limit first. */
  static void getLimit(int resource, ByteBuffer limit) throws SystemCallException {
    check("getrlimit", C.getrlimit(resource, address(limit)));
  }

  /** Where a direct buffer's index 0 is; the caller keeps the buffer reachable during the call. */
  static long address(ByteBuffer direct) {
    return MemoryIO.getInstance().getDirectBufferAddress(direct);
  }

  /** A view of memory that the caller keeps mapped as long as the view is used. */
  static ByteBuffer view(long address, int length) {
    return MemoryIO.getInstance().newDirectByteBuffer(address, length);
  }

  private static boolean interrupted() {
    return RUNTIME.getLastError() == Errno.EINTR;
  }

  private static void check(String call, int result) throws SystemCallException {
    if (result < 0) {
      throw failure(call);
    }
  }

  private static SystemCallException failure(String call) {
    return new SystemCallException(call, RUNTIME.getLastError());
  }
}
