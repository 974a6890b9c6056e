package io.twinlog.blockdev.log;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What a shelf belongs to, and how it is laid out (design, section 4).
 *
 * @param resource the resource's UUID, made when the backing is formatted
 * @param resourceName the resource's name in the configuration
 * @param layout where everything lies
 * @param nodeNames two, node 0 and node 1
 * @param shelfIndex from 0
 * @param shelfCount 1: staggered shelves are of another format version
 * @param shelfBytes size of the shelf when it was formatted; the main superblock is in its last
 *     whole block
 * @param created when it was formatted, in milliseconds
 */
public record Superblock(
    UUID resource,
    String resourceName,
    Layout layout,
    List<String> nodeNames,
    int shelfIndex,
    int shelfCount,
    long shelfBytes,
    Instant created) {

  /** Checks what the fields of the layout have not. */
  public Superblock {
    nodeNames = List.copyOf(nodeNames);
    if (nodeNames.size() != 2
        || shelfIndex != 0
        || shelfCount != 1
        || shelfBytes < layout.totalBytes()) {
      throw new IllegalArgumentException(
          "a superblock names two nodes, one shelf and at least %d bytes, not %s, %d of %d, %d"
              .formatted(layout.totalBytes(), nodeNames, shelfIndex, shelfCount, shelfBytes));
    }
  }
}
