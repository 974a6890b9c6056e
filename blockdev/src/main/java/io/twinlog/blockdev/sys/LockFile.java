package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file that one process at a time holds locked (flock(2)). The kernel lets go when the process
 * ends, however it ends; the file itself stays.
 */
public final class LockFile implements AutoCloseable {

  private final int descriptor;
  private boolean closed;

  private LockFile(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Makes the file if need be and locks it.
   *
   * @return null when somebody else holds it
   */
  public static LockFile tryLock(Path path) throws IOException {
    int descriptor = Native.open(path, Native.O_RDWR | Native.O_CREAT);
    boolean locked = false;
    try {
      locked = Native.tryLockExclusively(descriptor);
    } finally {
      if (!locked) {
        Native.close(descriptor);
      }
    }
    return locked ? new LockFile(descriptor) : null;
  }

  /** Lets go; idempotent. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      Native.close(descriptor);
    }
  }
}
