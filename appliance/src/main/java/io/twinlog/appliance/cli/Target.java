package io.twinlog.appliance.cli;

import io.twinlog.appliance.admin.AdminWire;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Which running node a client verb means.
 *
 * @param name what to call it in messages
 * @param runDir where it runs
 */
record Target(String name, Path runDir) {

  /** Where nodes run by default, each in a directory of its name. */
  private static final Path RUN = Path.of("/run/twinlog");

  /** Where {@code node} runs unless told otherwise. */
  static Path defaultRunDir(String node) {
    return RUN.resolve(node);
  }

  /**
   * From options and environment; when they say nothing and one node runs on this machine, that
   * one.
   */
  static Target of(Invocation invocation) throws UsageException {
    String node = invocation.node();
    String name = node.isEmpty() ? "the node" : "node " + node;
    if (!invocation.runDir().isEmpty()) {
      return new Target(name, Path.of(invocation.runDir()));
    }
    if (!node.isEmpty()) {
      return new Target(name, defaultRunDir(node));
    }
    List<String> running = running();
    if (running.size() == 1) {
      return new Target("node " + running.get(0), defaultRunDir(running.get(0)));
    }
    throw new UsageException(
        running.isEmpty()
            ? "which node? none runs in " + RUN + "; give --node NAME or --run-dir DIR"
            : "which node? give --node with one of: " + String.join(", ", running));
  }

  private static List<String> running() {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(RUN)) {
      for (Path directory : directories) {
        if (Files.exists(AdminWire.socket(directory))) {
          names.add(directory.getFileName().toString());
        }
      }
    } catch (IOException e) {
      // Without the directory no node runs in it.
      return List.of();
    }
    Collections.sort(names);
    return names;
  }
}
