package io.twinlog.deploy.nemesis;

import java.util.List;
import java.util.Optional;

/**
 * What a run is to be.
 *
 * @param seed decides which faults, when, and what clients do
 * @param faults how many
 * @param shelves how many
 * @param san what shelves are
 * @param longMillis how long the longest faults last
 * @param broken what is not as it should be; the run ends as soon as this is noticed
 */
record Options(
    long seed, int faults, int shelves, San.Kind san, long longMillis, Optional<Broken> broken) {

  /** How many arguments of a program they are. */
  static final int ARGUMENTS = 6;

  /**
   * A rule that is not in force.
   *
   * @param rule its name
   * @param plot what is done, again and again, to show it
   */
  record Broken(String rule, Fault plot) {

    private static final String SEPARATOR = ":";
    private static final String NONE = "-";

    /** As an argument of a program. */
    static String text(Optional<Broken> broken) {
      return broken.map(b -> b.rule() + SEPARATOR + b.plot()).orElse(NONE);
    }

    /** Reads such an argument. */
    static Optional<Broken> parse(String text) {
      int at = text.indexOf(SEPARATOR);
      return text.equals(NONE)
          ? Optional.empty()
          : Optional.of(new Broken(text.substring(0, at), Fault.valueOf(text.substring(at + 1))));
    }
  }

  /** How many shelves a seed has unless somebody says something else: one, or three. */
  static int shelvesOf(long seed) {
    return (seed & 2) == 0 ? 1 : 3;
  }

  static Options parse(List<String> arguments) {
    return new Options(
        Long.parseLong(arguments.get(0)),
        Integer.parseInt(arguments.get(1)),
        Integer.parseInt(arguments.get(2)),
        San.Kind.valueOf(arguments.get(3)),
        Long.parseLong(arguments.get(4)),
        Broken.parse(arguments.get(5)));
  }

  /** The arguments of {@link NemesisMain}, but for the directory. */
  List<String> arguments() {
    return List.of(
        Long.toString(seed),
        Integer.toString(faults),
        Integer.toString(shelves),
        san.name(),
        Long.toString(longMillis),
        Broken.text(broken));
  }

  /**
   * Whether the secondary takes over by itself; otherwise an operator, now and then, asks it to.
   */
  boolean automatic() {
    return seed % 2 == 0;
  }

  String configuration() {
    return "failover = " + (automatic() ? "automatic" : "manual");
  }
}
