package io.twinlog.deploy.nemesis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What nodes have done with reservations, as they have logged it. */
final class FenceEvents {

  private static final Pattern EVENT =
      Pattern.compile("fence: ([a-z ]*-> (?:set|closed|let in|locked out|lapsed|lifted))");

  private FenceEvents() {}

  /** How often each was logged by a node with a log in this directory. */
  static Map<String, Integer> count(Path directory) throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    for (String node : Network.NODES) {
      try (Stream<String> lines = Files.lines(directory.resolve(node + ".log"))) {
        lines
            .map(EVENT::matcher)
            .filter(Matcher::find)
            .forEach(event -> counts.merge(event.group(1).strip(), 1, Integer::sum));
      }
    }
    return counts;
  }
}
