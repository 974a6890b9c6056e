package io.twinlog.appliance.node;

import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.blockdev.ram.MappedRam;
import io.twinlog.replication.core.RamRecord;
import java.io.IOException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a resource keeps its bytes in on this node: the opened backing, and the RAM of its copy. */
record Storage(ResourceConfig config, OpenBacking backing, ResourceRam memory)
    implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Storage.class);

  /**
   * Opens the backing and maps the RAM.
   *
   * @param panic told when a thread of the backing dies
   * @throws IOException when one of them cannot be had; the message says why and what to do
   */
  static Storage open(ResourceConfig config, NodeOptions options, Consumer<String> panic)
      throws IOException {
    OpenBacking backing =
        OpenBacking.open(
            config,
            true,
            (thread, failure) -> {
              LOG.error("thread {} died", thread.getName(), failure);
              panic.accept("thread " + thread.getName() + " died: " + failure);
            });
    try {
      ResourceRam memory =
          ResourceRam.open(
              config,
              backing.superblock().resource(),
              config.indexOf(options.node()),
              options.lockMemory());
      LOG.info("{}: RAM of {}", config.name(), memory.ram().description());
      return new Storage(config, backing, memory);
    } catch (IOException | RuntimeException e) {
      try {
        backing.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  MappedRam ram() {
    return memory.ram();
  }

  RamRecord record() {
    return memory.record();
  }

  /** Idempotent: whoever owns the parts may have closed them already. */
  @Override
  public void close() throws IOException {
    try {
      backing.close();
    } finally {
      ram().close();
    }
  }
}
