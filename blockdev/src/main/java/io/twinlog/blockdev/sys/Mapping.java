package io.twinlog.blockdev.sys;

import java.nio.ByteBuffer;

/** Address space that was mapped, until it is given back. */
final class Mapping {
  private final long address;
  private final long bytes;
  private boolean closed;

  Mapping(long address, long bytes) {
    this.address = address;
    this.bytes = bytes;
  }

  /**
   * Bytes of a region of the mapping, big-endian.
   *
   * @param start of the region, in the mapping
   * @param sizeBytes of the region
   * @param offsetBytes in the region
   * @throws IndexOutOfBoundsException when they are not all in the region
   */
  ByteBuffer window(long start, long sizeBytes, long offsetBytes, int lengthBytes) {
    checkOpen();
    if (offsetBytes < 0 || lengthBytes < 0 || offsetBytes > sizeBytes - lengthBytes) {
      throw new IndexOutOfBoundsException(
          "window of " + lengthBytes + " bytes at " + offsetBytes + " of " + sizeBytes);
    }
    return Native.view(address + start + offsetBytes, lengthBytes);
  }

  void lock() throws SystemCallException {
    checkOpen();
    Native.lock(address, bytes);
  }

  /** Makes all of it present. */
  void populate() throws SystemCallException {
    checkOpen();
    Native.advise(address, bytes, Native.MADV_POPULATE_WRITE);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the memory was given back");
    }
  }

  /** Tells whether it was mapped until now. */
  boolean close() throws SystemCallException {
    if (closed) {
      return false;
    }
    closed = true;
    Native.unmap(address, bytes);
    return true;
  }
}
