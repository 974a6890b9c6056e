package io.twinlog.appliance.node;

import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.blockdev.log.BackingFormat;
import io.twinlog.blockdev.log.ExpectedBacking;
import io.twinlog.blockdev.log.LabelledShelf;
import io.twinlog.blockdev.log.Superblock;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A resource's backing, opened and found to be what the configuration says. Of several shelves a
 * majority is enough; the others are opened when they can be.
 *
 * @param shelves all, in their order; they belong to whoever holds this
 * @param superblock of one of them
 */
public record OpenBacking(List<Shelf> shelves, Superblock superblock) implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OpenBacking.class);

  public OpenBacking {
    shelves = List.copyOf(shelves);
  }

  /**
   * Opens it.
   *
   * @param joins whether this is the node's process, which lets itself in where a shelf is reserved
   *     for the other node; nobody else may, for that says that nothing of this node is under way
   * @param fatal told when a thread of a shelf dies
   * @throws IOException when it cannot be used; the message says why and what to do
   */
  public static OpenBacking open(
      ResourceConfig resource, boolean joins, UncaughtExceptionHandler fatal) throws IOException {
    boolean reserves = joins && resource.fencing().reserve();
    return resource.shelves().size() == 1
        ? openOne(resource, reserves, fatal)
        : openAll(resource, reserves, fatal);
  }

  private static OpenBacking openOne(
      ResourceConfig resource, boolean joins, UncaughtExceptionHandler fatal) throws IOException {
    Shelf shelf = resource.shelves().get(0).open(resource.name(), fatal);
    try {
      ExpectedBacking expected = expected(resource, 0);
      Superblock superblock =
          joins ? BackingFormat.join(shelf, expected) : BackingFormat.open(shelf, expected);
      return new OpenBacking(List.of(shelf), superblock);
    } catch (IOException | RuntimeException e) {
      try {
        shelf.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static OpenBacking openAll(
      ResourceConfig resource, boolean joins, UncaughtExceptionHandler fatal) throws IOException {
    List<LabelledShelf> shelves = new ArrayList<>();
    List<Supplier<Superblock>> opening = new ArrayList<>();
    List<ShelfSpec> specs = resource.shelves();
    for (int i = 0; i < specs.size(); i++) {
      LabelledShelf shelf =
          new LabelledShelf(
              specs.get(i), resource.name() + "." + (i + 1), fatal, expected(resource, i), joins);
      shelves.add(shelf);
      opening.add(shelf.tryOpen());
    }
    // All at once: one that does not answer does not hold the others up.
    List<Superblock> found = new ArrayList<>();
    opening.forEach(opened -> found.add(opened.get()));
    Superblock best = null;
    int most = 0;
    for (Superblock superblock : found) {
      int same = superblock == null ? 0 : countSame(found, superblock);
      if (same > most) {
        most = same;
        best = superblock;
      }
    }
    IOException failure = null;
    for (int i = 0; i < specs.size(); i++) {
      if (found.get(i) != null && !best.isSameBacking(found.get(i))) {
        shelves
            .get(i)
            .refuse(
                new IOException(
                    "shelf %s belongs to %s, the others to %s: correct the configuration's shelves"
                        .formatted(specs.get(i).text(), found.get(i).resource(), best.resource())));
      }
      IOException why = shelves.get(i).why();
      if (why != null) {
        failure = failure == null ? why : failure;
        LOG.warn(
            "{}: goes without {} so far: {}",
            resource.name(),
            specs.get(i).text(),
            why.getMessage());
      }
    }
    OpenBacking backing = new OpenBacking(List.copyOf(shelves), best);
    for (LabelledShelf shelf : shelves) {
      shelf.belongsTo(best);
    }
    if (most <= specs.size() / 2) {
      backing.close();
      throw failure;
    }
    return backing;
  }

  private static int countSame(List<Superblock> found, Superblock superblock) {
    return (int)
        found.stream().filter(other -> other != null && superblock.isSameBacking(other)).count();
  }

  /** The shelves that are open, null in place of the others. */
  public List<Shelf> openShelves() {
    List<Shelf> open = new ArrayList<>();
    for (Shelf shelf : shelves) {
      open.add(shelf instanceof LabelledShelf labelled && labelled.why() != null ? null : shelf);
    }
    return open;
  }

  /** See {@link Shelf#mayWriteLate}. */
  boolean mayWriteLate() {
    return shelves.stream().anyMatch(Shelf::mayWriteLate);
  }

  private static ExpectedBacking expected(ResourceConfig resource, int shelf) {
    return new ExpectedBacking(
        null,
        resource.name(),
        resource.sizeBytes(),
        resource.nodeNames(),
        shelf,
        resource.shelves().size());
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Shelf shelf : shelves) {
      try {
        shelf.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
