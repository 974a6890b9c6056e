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
 * @param shelfCount 1, or more for staggered shelves, which are of another format version
 * @param chunkBytes how the shelves are staggered ({@link Stagger}); without meaning for one shelf
 * @param shelfBytes size of the shelf when it was formatted; the main superblock is in its last
 *     whole block
 * @param medium which medium this shelf is, 0 to 7 ({@link LiveShelves})
 * @param created when it was formatted, in milliseconds
 */
public record Superblock(
    UUID resource,
    String resourceName,
    Layout layout,
    List<String> nodeNames,
    int shelfIndex,
    int shelfCount,
    int chunkBytes,
    long shelfBytes,
    int medium,
    Instant created) {

  /** Checks what the fields of the layout have not. */
  public Superblock {
    nodeNames = List.copyOf(nodeNames);
    long leastBytes = new Stagger(layout, shelfCount, chunkBytes).shelfBytes();
    if (nodeNames.size() != 2
        || shelfIndex < 0
        || shelfIndex >= shelfCount
        || shelfBytes < leastBytes) {
      throw new IllegalArgumentException(
          "a superblock names two nodes, one of its shelves and at least %d bytes, not %s, %d of %d, %d"
              .formatted(leastBytes, nodeNames, shelfIndex, shelfCount, shelfBytes));
    }
  }

  /** How the resource lies on its shelves. */
  public Stagger stagger() {
    return new Stagger(layout, shelfCount, chunkBytes);
  }

  /** Whether both are labels of one backing: they differ in the shelf alone. */
  public boolean isSameBacking(Superblock other) {
    return resource.equals(other.resource)
        && layout.equals(other.layout)
        && nodeNames.equals(other.nodeNames)
        && shelfCount == other.shelfCount
        && chunkBytes == other.chunkBytes;
  }
}
