package io.twinlog.blockdev.log;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What a shelf is to be formatted for.
 *
 * @param resource a UUID never used before: it is what keeps the logs of an earlier backing on the
 *     same shelf from being read
 * @param stagger with sectors at least as large as any shelf's
 * @param nodeNames two, in the order of the configuration
 */
public record NewBacking(
    UUID resource, String resourceName, Stagger stagger, List<String> nodeNames, Instant created) {

  /** On one shelf. */
  public NewBacking(
      UUID resource, String resourceName, Layout layout, List<String> nodeNames, Instant created) {
    this(resource, resourceName, Stagger.single(layout), nodeNames, created);
  }

  Layout layout() {
    return stagger.layout();
  }

  /** The label of one of its shelves. */
  Superblock label(int shelf, int medium, long shelfBytes) {
    return new Superblock(
        resource,
        resourceName,
        layout(),
        nodeNames,
        shelf,
        stagger.shelves(),
        stagger.chunkBytes(),
        shelfBytes,
        medium,
        created);
  }
}
