package io.twinlog.blockdev.log;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What a shelf is to be formatted for.
 *
 * @param resource a UUID never used before: it is what keeps the logs of an earlier backing on the
 *     same shelf from being read
 * @param layout for sectors at least as large as the shelf's
 * @param nodeNames two, in the order of the configuration
 */
public record NewBacking(
    UUID resource, String resourceName, Layout layout, List<String> nodeNames, Instant created) {}
