package io.twinlog.appliance.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes configurations for tests. */
final class ConfigFiles {

  /** The smallest configuration that is right. */
  static final String SMALLEST =
      """
      resource r0 {
        size = 256 MiB
        backing { shelves = ["file:/srv/san/r0.img"] }
        nodes {
          alpha { peer = "127.0.0.1:7788", nbd = "127.0.0.1:10809" }
          beta { peer = "127.0.0.1:7789", nbd = "127.0.0.1:10810" }
        }
      }
      """;

  private ConfigFiles() {}

  static Path write(Path directory, String text) throws IOException {
    return Files.writeString(directory.resolve("twinlog.conf"), text);
  }

  /** What is wrong with the text, with the file's directory left out of the messages. */
  static List<String> problems(Path directory, String text) throws IOException {
    try {
      ConfigLoader.load(write(directory, text));
      return List.of();
    } catch (ConfigProblems e) {
      return e.lines().stream().map(line -> line.replace(directory + "/", "")).toList();
    }
  }
}
