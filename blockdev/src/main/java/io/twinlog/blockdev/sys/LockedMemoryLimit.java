package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much memory this process may lock and how much it has locked.
 *
 * @param limitBytes RLIMIT_MEMLOCK; {@link Long#MAX_VALUE} when unlimited
 * @param lockedBytes locked so far
 */
public record LockedMemoryLimit(long limitBytes, long lockedBytes) {

  private static final long RLIM_INFINITY = -1;

  /** Asks the kernel. */
  public static LockedMemoryLimit current() throws IOException {
    ByteBuffer limit = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
    Native.getLimit(Native.RLIMIT_MEMLOCK, limit);
    long soft = limit.getLong(0);
    return new LockedMemoryLimit(soft == RLIM_INFINITY ? Long.MAX_VALUE : soft, lockedNow());
  }

  /** {@code VmLck: 64 kB} in proc(5). */
  private static long lockedNow() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmLck:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    return 0;
  }
}
