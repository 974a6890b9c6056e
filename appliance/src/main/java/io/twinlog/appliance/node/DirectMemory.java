package io.twinlog.appliance.node;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.appliance.text.Units;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * Whether Java's direct memory suffices for everything the configuration lets be under way at once
 * (design, section 6): otherwise the node would meet its limit in the middle of somebody's write.
 */
final class DirectMemory {

  /**
   * Beside client payload, a resource has buffers of backing I/O, a resync's window, what sockets
   * have read and not yet handed on, and the unused rest of the pools' chunks.
   */
  private static final long FIXED_BYTES_PER_RESOURCE = 192L << 20;

  private DirectMemory() {}

  /** Refuses a configuration that may need more than Java will give. */
  static void check(List<ResourceConfig> resources) throws StartException {
    long needed = 0;
    for (ResourceConfig resource : resources) {
      // A payload counts twice: a large one is copied once more when it is cut into frames.
      needed += 2 * resource.limits().maxPendingBytes() + FIXED_BYTES_PER_RESOURCE;
    }
    long available = available();
    if (needed > available) {
      throw new StartException(
          "the limits of "
              + resources.size()
              + " resource(s) may need "
              + Units.bytes(needed)
              + " of direct memory, Java has "
              + Units.bytes(available)
              + "; lower limits { max-pending }, or set TWINLOG_JAVA_OPTS=-XX:MaxDirectMemorySize="
              + ((needed >> 20) + 1)
              + "m");
    }
  }

  private static long available() {
    HotSpotDiagnosticMXBean machine =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    long limit = Long.parseLong(machine.getVMOption("MaxDirectMemorySize").getValue());
    // 0: as much as the heap may grow to.
    return limit > 0 ? limit : Runtime.getRuntime().maxMemory();
  }
}
