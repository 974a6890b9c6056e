package io.twinlog.appliance.config;

import java.util.List;

/** Everything that is wrong with a configuration; each problem is one line. */
public final class ConfigProblems extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<String> lines;

  ConfigProblems(List<String> lines) {
    super(String.join("\n", lines));
    this.lines = List.copyOf(lines);
  }

  /** {@code FILE:LINE: KEY: what is wrong; allowed: what is right}, in the order of the file. */
  public List<String> lines() {
    return lines;
  }
}
