package io.twinlog.appliance.config;

import com.typesafe.config.ConfigOrigin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong, so that all of it can be said at once. */
final class Problems {

  private record Problem(int line, String text) {}

  private final Path file;
  private final List<Problem> problems = new ArrayList<>();

  Problems(Path file) {
    this.file = file;
  }

  /** Notes a problem of the value that was written at {@code origin}. */
  void add(ConfigOrigin origin, String where, String what) {
    int line = Math.max(origin.lineNumber(), 0);
    // An included file has a name of its own.
    String name = origin.filename() == null ? file.toString() : origin.filename();
    String place = line > 0 ? name + ":" + line : name;
    problems.add(new Problem(line, place + ": " + where + ": " + what));
  }

  void throwIfAny() throws ConfigProblems {
    if (!problems.isEmpty()) {
      throw new ConfigProblems(
          problems.stream()
              .sorted(Comparator.comparingInt(Problem::line))
              .map(Problem::text)
              .toList());
    }
  }
}
