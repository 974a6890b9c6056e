package io.twinlog.appliance.config;

import java.nio.file.Path;
import java.util.List;

/**
 * A configuration file, checked.
 *
 * @param file where it was read
 * @param resources in the order of the file; at least one
 * @param warnings what is accepted and has no effect in this version, one line each
 */
public record TwinlogConfig(Path file, List<ResourceConfig> resources, List<String> warnings) {

  public TwinlogConfig {
    resources = List.copyOf(resources);
    warnings = List.copyOf(warnings);
  }

  /** The resources that have {@code node} as one of their two nodes. */
  public List<ResourceConfig> resourcesOf(String node) {
    return resources.stream().filter(r -> r.indexOf(node) >= 0).toList();
  }

  /** Names of all nodes, in the order of the file. */
  public List<String> nodeNames() {
    return resources.stream()
        .flatMap(r -> r.nodes().stream())
        .map(NodeConfig::name)
        .distinct()
        .toList();
  }

  /** Names of all resources, in the order of the file. */
  public List<String> resourceNames() {
    return resources.stream().map(ResourceConfig::name).toList();
  }
}
