package io.twinlog.appliance.node;

import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.blockdev.ram.MappedRam;
import io.twinlog.blockdev.ram.RamOptions;
import java.io.IOException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a resource keeps its bytes in on this node: the opened backing, and the RAM of its copy. */
record Storage(ResourceConfig config, OpenBacking backing, MappedRam ram) implements AutoCloseable {

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
            (thread, failure) -> {
              LOG.error("thread {} died", thread.getName(), failure);
              panic.accept("thread " + thread.getName() + " died: " + failure);
            });
    try {
      RamOptions ramOptions = new RamOptions(options.lockMemory(), config.hugePages());
      MappedRam ram = MappedRam.map(config.sizeBytes(), ramOptions);
      LOG.info("{}: RAM of {}", config.name(), ram.description());
      return new Storage(config, backing, ram);
    } catch (IOException | RuntimeException e) {
      try {
        backing.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /** Idempotent: whoever owns the parts may have closed them already. */
  @Override
  public void close() throws IOException {
    try {
      backing.close();
    } finally {
      ram.close();
    }
  }
}
