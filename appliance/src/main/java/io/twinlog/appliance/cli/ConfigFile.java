package io.twinlog.appliance.cli;

import io.twinlog.appliance.config.ConfigLoader;
import io.twinlog.appliance.config.ConfigProblems;
import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.appliance.config.TwinlogConfig;
import io.twinlog.appliance.text.Suggestions;
import java.nio.file.Path;

/** The configuration file of the verbs that read one. */
final class ConfigFile {

  private ConfigFile() {}

  /** Reads the file in order to run {@code node}. */
  static TwinlogConfig load(Invocation invocation, String node)
      throws UsageException, RefusedException {
    try {
      return ConfigLoader.load(path(invocation), node);
    } catch (ConfigProblems e) {
      throw new RefusedException(e.getMessage());
    }
  }

  /** Reads the file and finds the resource that the command line names. */
  static ResourceConfig resource(Invocation invocation) throws UsageException, RefusedException {
    TwinlogConfig config;
    try {
      config = ConfigLoader.load(path(invocation));
    } catch (ConfigProblems e) {
      throw new RefusedException(e.getMessage());
    }
    for (ResourceConfig resource : config.resources()) {
      if (resource.name().equals(invocation.resource())) {
        return resource;
      }
    }
    throw new RefusedException(
        config.file()
            + " has no resource '"
            + invocation.resource()
            + "'"
            + Suggestions.hint(invocation.resource(), config.resourceNames())
            + "; it has: "
            + String.join(", ", config.resourceNames()));
  }

  private static Path path(Invocation invocation) throws UsageException {
    if (invocation.config().isEmpty()) {
      throw new UsageException("which configuration? give --config FILE, or set TWINLOG_CONFIG");
    }
    return Path.of(invocation.config());
  }
}
