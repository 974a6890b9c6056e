package io.twinlog.blockdev.sys;

/**
 * Tells the kernel that a thread is needed to write memory back, so that an allocation it makes
 * never waits for that very writing (prctl(2), PR_SET_IO_FLUSHER). Needed where a client of a
 * device lives on the device's own host.
 */
public final class IoFlusher {

  private IoFlusher() {}

  /**
   * Marks the calling thread; the threads it starts afterwards inherit the mark.
   *
   * @throws SystemCallException EPERM without CAP_SYS_RESOURCE
   */
  public static void markThread() throws SystemCallException {
    Native.setIoFlusher(true);
  }
}
