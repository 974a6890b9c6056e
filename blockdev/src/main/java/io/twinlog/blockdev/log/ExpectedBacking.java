package io.twinlog.blockdev.log;

import java.util.List;
import java.util.UUID;

/**
 * What the configuration says a shelf holds.
 *
 * @param resource the UUID, when it is known; else null
 * @param deviceBytes size of the device
 * @param nodeNames two, in the order of the configuration
 * @param shelfIndex which shelf it is, from 0
 * @param shelfCount how many there are
 */
public record ExpectedBacking(
    UUID resource,
    String resourceName,
    long deviceBytes,
    List<String> nodeNames,
    int shelfIndex,
    int shelfCount) {

  /** On one shelf. */
  public ExpectedBacking(
      UUID resource, String resourceName, long deviceBytes, List<String> nodeNames) {
    this(resource, resourceName, deviceBytes, nodeNames, 0, 1);
  }
}
