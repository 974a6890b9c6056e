package io.twinlog.blockdev.sys;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.In;

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
  static final int MAP_SHARED = 0x01;
  static final int MAP_PRIVATE = 0x02;
  static final int MAP_ANONYMOUS = 0x20;
  static final int MAP_HUGETLB = 0x40000;
  static final int MAP_HUGE_2MB = 21 << 26;
  static final int MADV_HUGEPAGE = 14;
  static final int MADV_POPULATE_WRITE = 23;

  // asm-generic/resource.h
  static final int RLIMIT_MEMLOCK = 8;

  // asm-generic/fcntl.h, and arch/arm64/include/uapi/asm/fcntl.h for the one that differs
  static final int O_RDWR = 02;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_CLOEXEC = 02000000;
  static final int O_NOFOLLOW = "aarch64".equals(System.getProperty("os.arch")) ? 0100000 : 0400000;
  static final int O_DIRECT = "aarch64".equals(System.getProperty("os.arch")) ? 0200000 : 040000;

  // linux/fs.h
  private static final int SEEK_END = 2;
  private static final long BLKSSZGET = 0x1268;

  // linux/fcntl.h and linux/stat.h
  private static final int AT_EMPTY_PATH = 0x1000;
  static final int STATX_BASIC_STATS = 0x7ff;
  static final int STATX_DIOALIGN = 0x2000;

  // asm-generic/fcntl.h
  private static final int LOCK_EX = 2;
  private static final int LOCK_NB = 4;

  // linux/prctl.h
  private static final int PR_SET_IO_FLUSHER = 57;

  // asm-generic/poll.h
  static final int POLLIN = 0x1;
  static final int POLLERR = 0x8;
  static final int POLLHUP = 0x10;
  static final int POLLRDHUP = 0x2000;

  // linux/socket.h, linux/net.h and asm-generic/socket.h
  static final int AF_PACKET = 17;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_NONBLOCK = 04000;
  private static final int SOCK_CLOEXEC = 02000000;
  static final int SOL_SOCKET = 1;
  static final int SO_SNDBUF = 7;
  static final int SO_RCVBUF = 8;
  static final int SO_ATTACH_FILTER = 26;
  static final int SO_SNDBUFFORCE = 32;
  static final int SO_RCVBUFFORCE = 33;
  private static final int MSG_DONTWAIT = 0x40;

  // linux/if_packet.h
  static final int SOL_PACKET = 263;
  static final int PACKET_ADD_MEMBERSHIP = 1;

  // linux/sockios.h
  static final long SIOCGIFFLAGS = 0x8913;
  static final long SIOCGIFMTU = 0x8921;
  static final long SIOCGIFHWADDR = 0x8927;
  static final long SIOCGIFINDEX = 0x8933;

  // linux/eventfd.h
  private static final int EFD_NONBLOCK = 04000;
  private static final int EFD_CLOEXEC = 02000000;

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

    int open(@In byte[] path, int flags, int mode);

    int close(int descriptor);

    long pread(int descriptor, long into, long count, long offset);

    long pwrite(int descriptor, long from, long count, long offset);

    int fdatasync(int descriptor);

    long lseek(int descriptor, long offset, int whence);

    int fallocate(int descriptor, int mode, long offset, long length);

    int ftruncate(int descriptor, long length);

    int ioctl(int descriptor, long request, long argument);

    int statx(int directory, @In byte[] path, int flags, int mask, long result);

    int flock(int descriptor, int operation);

    int prctl(int option, long argument2, long argument3, long argument4, long argument5);

    int poll(long pollfds, long count, int timeoutMillis);

    int socket(int family, int type, int protocol);

    int bind(int descriptor, long address, int length);

    int setsockopt(int descriptor, int level, int option, long value, int length);

    int recvmmsg(int descriptor, long messages, int count, int flags, long timeout);

    int sendmmsg(int descriptor, long messages, int count, int flags);

    int eventfd(int value, int flags);

    long read(int descriptor, long into, long count);

    long write(int descriptor, long from, long count);
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

  static long mapShared(int descriptor, long length) throws SystemCallException {
    long address = C.mmap(null, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
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

  static int open(Path path, int flags) throws SystemCallException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    byte[] terminated = Arrays.copyOf(name, name.length + 1);
    int descriptor;
    do {
      descriptor = C.open(terminated, flags | O_CLOEXEC, 0600);
    } while (descriptor < 0 && interrupted());
    check("open", descriptor);
    return descriptor;
  }

  /** Never repeated: Linux has released the descriptor even when it answers EINTR. */
  static void close(int descriptor) throws SystemCallException {
    if (C.close(descriptor) < 0 && !interrupted()) {
      throw failure("close");
    }
  }

  /** How many bytes were read, 0 at the end of the file. */
  static int read(int descriptor, long into, int count, long offset) throws SystemCallException {
    long result;
    do {
      result = C.pread(descriptor, into, count, offset);
    } while (result < 0 && interrupted());
    check("pread", result);
    return (int) result;
  }

  /** How many bytes were written, perhaps fewer than asked for. */
  static int write(int descriptor, long from, int count, long offset) throws SystemCallException {
    long result;
    do {
      result = C.pwrite(descriptor, from, count, offset);
    } while (result < 0 && interrupted());
    check("pwrite", result);
    return (int) result;
  }

  static void sync(int descriptor) throws SystemCallException {
    int result;
    do {
      result = C.fdatasync(descriptor);
    } while (result < 0 && interrupted());
    check("fdatasync", result);
  }

  /** Size of a regular file or a block device; moves the file position, which nothing here uses. */
  static long size(int descriptor) throws SystemCallException {
    long result = C.lseek(descriptor, 0, SEEK_END);
    check("lseek", result);
    return result;
  }

  static void allocate(int descriptor, long length) throws SystemCallException {
    int result;
    do {
      result = C.fallocate(descriptor, 0, 0, length);
    } while (result < 0 && interrupted());
    check("fallocate", result);
  }

  static void truncate(int descriptor, long length) throws SystemCallException {
    int result;
    do {
      result = C.ftruncate(descriptor, length);
    } while (result < 0 && interrupted());
    check("ftruncate", result);
  }

  /** Fills an {@code int} with a block device's logical sector size. */
  static void logicalSector(int descriptor, ByteBuffer result) throws SystemCallException {
    check("ioctl BLKSSZGET", C.ioctl(descriptor, BLKSSZGET, address(result)));
  }

  /** Fills {@code struct statx}, 256 bytes. */
  static void status(int descriptor, int mask, ByteBuffer result) throws SystemCallException {
    check("statx", C.statx(descriptor, new byte[1], AT_EMPTY_PATH, mask, address(result)));
  }

  /** Tells whether the lock is this open file's now; false when another one holds it. */
  static boolean tryLockExclusively(int descriptor) throws SystemCallException {
    int result;
    do {
      result = C.flock(descriptor, LOCK_EX | LOCK_NB);
    } while (result < 0 && interrupted());
    if (result < 0 && RUNTIME.getLastError() == Errno.EAGAIN) {
      return false;
    }
    check("flock", result);
    return true;
  }

  static void setIoFlusher(boolean on) throws SystemCallException {
    check("prctl PR_SET_IO_FLUSHER", C.prctl(PR_SET_IO_FLUSHER, on ? 1 : 0, 0, 0, 0));
  }

  /** Looks once at an array of {@code struct pollfd}, without waiting; how many have events. */
  static int poll(ByteBuffer pollfds, int count) throws SystemCallException {
    int ready;
    do {
      ready = C.poll(address(pollfds), count, 0);
    } while (ready < 0 && interrupted());
    check("poll", ready);
    return ready;
  }

  /** Waits for events as well, but a signal ends the wait, as if the time were over. */
  static int poll(ByteBuffer pollfds, int count, int timeoutMillis) throws SystemCallException {
    int ready = C.poll(address(pollfds), count, timeoutMillis);
    if (ready < 0 && interrupted()) {
      return 0;
    }
    check("poll", ready);
    return ready;
  }

  /** A raw packet socket that hears nothing until it is bound. */
  static int packetSocket() throws SystemCallException {
    int descriptor = C.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check("socket AF_PACKET", descriptor);
    return descriptor;
  }

  /** Binds to a {@code struct sockaddr_ll}. */
  static void bind(int descriptor, ByteBuffer socketAddress) throws SystemCallException {
    check("bind", C.bind(descriptor, address(socketAddress), socketAddress.capacity()));
  }

  static void setOption(String name, int descriptor, int level, int option, ByteBuffer value)
      throws SystemCallException {
    check(
        "setsockopt " + name,
        C.setsockopt(descriptor, level, option, address(value), value.capacity()));
  }

  /** Asks about an interface by a {@code struct ifreq}. */
  static void interfaceRequest(String name, int descriptor, long request, ByteBuffer ifreq)
      throws SystemCallException {
    check("ioctl " + name, C.ioctl(descriptor, request, address(ifreq)));
  }

  /** How many of the {@code struct mmsghdr} were filled; 0 when nothing waits. */
  static int receiveMessages(int descriptor, long messages, int count) throws SystemCallException {
    int result;
    do {
      result = C.recvmmsg(descriptor, messages, count, MSG_DONTWAIT, 0);
    } while (result < 0 && interrupted());
    if (result < 0 && RUNTIME.getLastError() == Errno.EAGAIN) {
      return 0;
    }
    check("recvmmsg", result);
    return result;
  }

  /** How many of the {@code struct mmsghdr} were taken; 0 when there is no room now. */
  static int sendMessages(int descriptor, long messages, int count) throws SystemCallException {
    int result;
    do {
      result = C.sendmmsg(descriptor, messages, count, MSG_DONTWAIT);
    } while (result < 0 && interrupted());
    if (result < 0) {
      int errno = RUNTIME.getLastError();
      if (errno == Errno.EAGAIN || errno == Errno.ENOBUFS) {
        return 0;
      }
    }
    check("sendmmsg", result);
    return result;
  }

  static int eventDescriptor() throws SystemCallException {
    int descriptor = C.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    check("eventfd", descriptor);
    return descriptor;
  }

  /** Adds one to an event descriptor. */
  static void raiseEvent(int descriptor, ByteBuffer one) throws SystemCallException {
    long result;
    do {
      result = C.write(descriptor, address(one), Long.BYTES);
    } while (result < 0 && interrupted());
    check("write eventfd", result);
  }

  /** Sets an event descriptor back to zero, which it may be already. */
  static void clearEvent(int descriptor, ByteBuffer into) throws SystemCallException {
    long result;
    do {
      result = C.read(descriptor, address(into), Long.BYTES);
    } while (result < 0 && interrupted());
    if (result < 0 && RUNTIME.getLastError() != Errno.EAGAIN) {
      throw failure("read eventfd");
    }
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

  private static void check(String call, long result) throws SystemCallException {
    if (result < 0) {
      throw failure(call);
    }
  }

  private static SystemCallException failure(String call) {
    return new SystemCallException(call, RUNTIME.getLastError());
  }
}
