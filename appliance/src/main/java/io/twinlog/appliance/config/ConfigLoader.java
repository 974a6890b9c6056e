package io.twinlog.appliance.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import io.twinlog.appliance.text.Suggestions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads a configuration file and checks all of it. */
public final class ConfigLoader {

  private static final String RESOURCE = "resource ";

  private ConfigLoader() {}

  /**
   * Reads the file for a use that needs no secrets.
   *
   * @throws ConfigProblems everything that is wrong with it
   */
  public static TwinlogConfig load(Path file) throws ConfigProblems {
    return load(file, Optional.empty());
  }

  /**
   * Reads the file to run {@code node}: the node must be in it, and its secret files in order.
   *
   * @throws ConfigProblems everything that is wrong with them
   */
  public static TwinlogConfig load(Path file, String node) throws ConfigProblems {
    return load(file, Optional.of(node));
  }

  private static TwinlogConfig load(Path file, Optional<String> node) throws ConfigProblems {
    Problems problems = new Problems(file);
    List<String> warnings = new ArrayList<>();
    Section root = new Section(parse(file).root(), "", problems);
    List<ResourceConfig> resources = new ArrayList<>();
    for (String key : root.keysInOrder()) {
      if (key.startsWith(RESOURCE)) {
        Optional<Section> block = root.section(key, root.find(key));
        String name = key.substring(RESOURCE.length()).strip();
        block.flatMap(b -> new ResourceReader(name, b, warnings).read()).ifPresent(resources::add);
      } else {
        root.find(key);
        root.wrong(key, "unknown key; allowed: resource NAME { ... }");
      }
    }
    if (root.keysInOrder().isEmpty()) {
      root.wrong("resource", "is missing; allowed: resource NAME { ... }");
    }
    CrossChecks.check(resources, root);
    TwinlogConfig config = new TwinlogConfig(file, resources, warnings);
    node.ifPresent(name -> checkNode(config, name, root));
    problems.throwIfAny();
    return config;
  }

  private static void checkNode(TwinlogConfig config, String node, Section root) {
    List<String> names = config.nodeNames();
    // Without a single sound resource the file's own mistakes say it all.
    if (!names.isEmpty() && !names.contains(node)) {
      root.wrong(
          "node",
          "'"
              + node
              + "' is in no resource"
              + Suggestions.hint(node, names)
              + "; allowed: "
              + String.join(", ", names));
    }
    for (ResourceConfig resource : config.resourcesOf(node)) {
      resource
          .secretFile()
          .flatMap(SecretFile::problem)
          .ifPresent(
              problem ->
                  root.section(RESOURCE + resource.name(), root.find(RESOURCE + resource.name()))
                      .ifPresent(block -> block.wrong("secret-file", problem)));
    }
  }

  private static Config parse(Path file) throws ConfigProblems {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      String why = Files.exists(file) ? "cannot be read" : "does not exist";
      throw new ConfigProblems(List.of(file + ": the configuration file " + why));
    }
    try {
      ConfigParseOptions options =
          ConfigParseOptions.defaults()
              .setAllowMissing(false)
              .setSyntax(com.typesafe.config.ConfigSyntax.CONF)
              .setOriginDescription(file.toString());
      Config config = ConfigFactory.parseFile(file.toFile(), options);
      return config.resolve();
    } catch (ConfigException.Parse e) {
      throw new ConfigProblems(List.of(syntaxProblem(file, e)));
    } catch (ConfigException e) {
      throw new ConfigProblems(List.of(file + ": " + firstLine(e)));
    }
  }

  private static String syntaxProblem(Path file, ConfigException e) {
    int line = e.origin() == null ? 0 : e.origin().lineNumber();
    String message = firstLine(e);
    // The library puts the place before its message.
    String prefix = e.origin() == null ? "" : e.origin().description() + ": ";
    if (message.startsWith(prefix)) {
      message = message.substring(prefix.length());
    }
    return file + (line > 0 ? ":" + line : "") + ": syntax: " + message;
  }

  private static String firstLine(ConfigException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("cannot be read");
  }

  /** The text of a value that is known to be one. */
  static String text(ConfigValue value) {
    return Section.asText(value).orElseThrow();
  }
}
