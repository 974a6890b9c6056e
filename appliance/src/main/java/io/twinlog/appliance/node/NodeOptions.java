package io.twinlog.appliance.node;

import java.nio.file.Path;

/**
 * How a node is run.
 *
 * @param node its name
 * @param runDir its run directory
 * @param lockMemory whether RAM copies are kept from being swapped out
 */
public record NodeOptions(String node, Path runDir, boolean lockMemory) {}
