package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A regular file or block device open for reading and writing at given offsets. Calls may be made
 * by several threads at once; {@link #close} only when none is under way, since the kernel may give
 * the descriptor's number to the next file at once.
 */
public final class DirectFile implements AutoCloseable {

  // struct statx (linux/stat.h): byte offsets of the fields used.
  private static final int STATX_BYTES = 256;
  private static final int STX_MASK = 0;
  private static final int STX_MODE = 28;
  private static final int STX_DIO_OFFSET_ALIGN = 156;

  // inode(7)
  private static final int S_IFMT = 0170000;
  private static final int S_IFBLK = 0060000;
  private static final int S_IFREG = 0100000;

  private final Descriptor descriptor;
  private final boolean direct;

  private DirectFile(int descriptor, boolean direct) {
    this.descriptor = new Descriptor(descriptor, "the file");
    this.direct = direct;
  }

  /**
   * Opens what is there.
   *
   * @param direct past the page cache (O_DIRECT); EINVAL where the file system cannot do that
   */
  public static DirectFile open(Path path, boolean direct) throws SystemCallException {
    int flags = Native.O_RDWR | (direct ? Native.O_DIRECT : 0);
    return new DirectFile(Native.open(path, flags), direct);
  }

  /** Makes a new regular file, readable and writable by its owner only; EEXIST if there is one. */
  public static DirectFile create(Path path) throws SystemCallException {
    int flags = Native.O_RDWR | Native.O_CREAT | Native.O_EXCL;
    return new DirectFile(Native.open(path, flags), false);
  }

  /** Whether reads and writes go past the page cache. */
  public boolean isDirect() {
    return direct;
  }

  /** Whether this is a regular file or a block device, and not a directory, pipe or the like. */
  public boolean isStorage() throws SystemCallException {
    int type = status(Native.STATX_BASIC_STATS).getShort(STX_MODE) & S_IFMT;
    return type == S_IFREG || type == S_IFBLK;
  }

  /** Size in bytes. */
  public long sizeBytes() throws SystemCallException {
    return Native.size(descriptor.get());
  }

  /**
   * What offsets and lengths must be multiples of when {@link #isDirect}: a block device's logical
   * sector, or what the file system says, or 0 where it does not say (statx(2), STATX_DIOALIGN).
   */
  public int directAlignmentBytes() throws SystemCallException {
    ByteBuffer status = status(Native.STATX_BASIC_STATS | Native.STATX_DIOALIGN);
    if ((status.getShort(STX_MODE) & S_IFMT) == S_IFBLK) {
      ByteBuffer sector = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
      Native.logicalSector(descriptor.get(), sector);
      return sector.getInt(0);
    }
    boolean known = (status.getInt(STX_MASK) & Native.STATX_DIOALIGN) != 0;
    return known ? status.getInt(STX_DIO_OFFSET_ALIGN) : 0;
  }

  private ByteBuffer status(int mask) throws SystemCallException {
    ByteBuffer status = ByteBuffer.allocateDirect(STATX_BYTES).order(ByteOrder.nativeOrder());
    Native.status(descriptor.get(), mask, status);
    return status;
  }

  /**
   * One pread(2); the buffer's position and limit do not move.
   *
   * @param into direct
   * @return how many bytes were read, perhaps fewer than asked for; 0 at the end
   */
  public int read(ByteBuffer into, int index, int lengthBytes, long offsetBytes)
      throws SystemCallException {
    if (into.isReadOnly()) {
      throw new IllegalArgumentException("cannot read into a read-only buffer");
    }
    long address = address(into, index, lengthBytes);
    try {
      return Native.read(descriptor.get(), address, lengthBytes, offsetBytes);
    } finally {
      Reference.reachabilityFence(into);
    }
  }

  /**
   * One pwrite(2); the buffer's position and limit do not move.
   *
   * @param from direct
   * @return how many bytes were written, perhaps fewer than asked for
   */
  public int write(ByteBuffer from, int index, int lengthBytes, long offsetBytes)
      throws SystemCallException {
    long address = address(from, index, lengthBytes);
    try {
      return Native.write(descriptor.get(), address, lengthBytes, offsetBytes);
    } finally {
      Reference.reachabilityFence(from);
    }
  }

  private static long address(ByteBuffer buffer, int index, int lengthBytes) {
    if (!buffer.isDirect()) {
      throw new IllegalArgumentException("not a direct buffer");
    }
    if (index < 0 || lengthBytes < 0 || index > buffer.capacity() - lengthBytes) {
      throw new IndexOutOfBoundsException(
          lengthBytes + " bytes at " + index + " of " + buffer.capacity());
    }
    return Native.address(buffer) + index;
  }

  /** Makes every completed write durable, with the metadata needed to read it back. */
  public void sync() throws SystemCallException {
    Native.sync(descriptor.get());
  }

  /** Reserves space for the file, which reads as zeros; EOPNOTSUPP where that cannot be done. */
  public void allocate(long sizeBytes) throws SystemCallException {
    Native.allocate(descriptor.get(), sizeBytes);
  }

  /** Sets the file's size without reserving space. */
  public void truncate(long sizeBytes) throws SystemCallException {
    Native.truncate(descriptor.get(), sizeBytes);
  }

  /** Idempotent. */
  @Override
  public void close() throws IOException {
    descriptor.close();
  }
}
