package io.twinlog.blockdev.log;

import java.util.List;
import java.util.UUID;

/**
 * What the configuration says a shelf holds.
 *
 * @param resource the UUID, when it is known; else null
 * @param deviceBytes size of the device
 * @param nodeNames two, in the order of the configuration
 */
public record ExpectedBacking(
    UUID resource, String resourceName, long deviceBytes, List<String> nodeNames) {}
