package io.twinlog.blockdev.ram;

import io.twinlog.blockdev.sys.LockedMemoryLimit;
import io.twinlog.blockdev.sys.SystemCallException;
import java.io.IOException;

/** The device's memory cannot be locked; the message says what an operator can do. */
public final class MemoryLockException extends IOException {
  private static final long serialVersionUID = 1L;

  private MemoryLockException(String message, SystemCallException cause) {
    super(message, cause);
  }

  static MemoryLockException of(
      long sizeBytes, LockedMemoryLimit limit, SystemCallException cause) {
    long neededBytes = limit.lockedBytes() + sizeBytes;
    String limitText =
        limit.limitBytes() == Long.MAX_VALUE ? "unlimited" : limit.limitBytes() + " bytes";
    return new MemoryLockException(
        "cannot lock the RAM device in memory: "
            + cause.getMessage()
            + "; RLIMIT_MEMLOCK is "
            + limitText
            + ", needed are "
            + neededBytes
            + " bytes; raise the limit (LimitMEMLOCK= of the unit, or ulimit -l), or start with"
            + " --no-mlock",
        cause);
  }
}
