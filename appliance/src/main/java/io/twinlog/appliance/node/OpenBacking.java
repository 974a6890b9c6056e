package io.twinlog.appliance.node;

import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.blockdev.log.BackingFormat;
import io.twinlog.blockdev.log.ExpectedBacking;
import io.twinlog.blockdev.log.Superblock;
import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;

/**
 * A resource's backing, opened and found to be what the configuration says.
 *
 * @param shelf belongs to whoever holds this
 */
public record OpenBacking(Shelf shelf, Superblock superblock) implements AutoCloseable {

  /**
   * Opens it.
   *
   * @param fatal told when a thread of the shelf dies
   * @throws IOException when it cannot be used; the message says why and what to do
   */
  public static OpenBacking open(ResourceConfig resource, UncaughtExceptionHandler fatal)
      throws IOException {
    Shelf shelf = resource.shelf().open(resource.name(), fatal);
    try {
      return new OpenBacking(shelf, BackingFormat.open(shelf, expected(resource)));
    } catch (IOException | RuntimeException e) {
      try {
        shelf.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static ExpectedBacking expected(ResourceConfig resource) {
    return new ExpectedBacking(null, resource.name(), resource.sizeBytes(), resource.nodeNames());
  }

  @Override
  public void close() throws IOException {
    shelf.close();
  }
}
