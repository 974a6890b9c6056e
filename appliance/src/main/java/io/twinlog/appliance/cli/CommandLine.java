package io.twinlog.appliance.cli;

import io.twinlog.appliance.text.Suggestions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/**
 * Takes a command line apart. Options may stand anywhere after the verb; {@code --option=value} and
 * {@code --option value} mean the same, and {@code --} ends the options.
 */
final class CommandLine {

  private static final String CONFIG = "--config";
  private static final String NODE = "--node";
  private static final String RUN_DIR = "--run-dir";

  private final Map<String, String> environment;
  private final EnumSet<Flag> flags = EnumSet.noneOf(Flag.class);
  private final List<String> arguments = new ArrayList<>();
  private String config;
  private String node;
  private String runDir;

  private CommandLine(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * Parses the arguments; what they leave open comes from {@code TWINLOG_CONFIG}, {@code
   * TWINLOG_NODE} and {@code TWINLOG_RUN_DIR}.
   */
  static Invocation parse(String[] args, Map<String, String> environment) throws UsageException {
    if (args.length == 0) {
      throw new UsageException("no verb given; try: twinlog help");
    }
    if (args[0].equals("--version")) {
      return new CommandLine(environment).finish(Verb.VERSION);
    }
    if (args[0].equals("--help") || args[0].equals("-h")) {
      return new CommandLine(environment).finish(Verb.HELP);
    }
    return new CommandLine(environment).parse(verb(args[0]), args);
  }

  /** The verb of this name. */
  static Verb verb(String word) throws UsageException {
    List<String> words = new ArrayList<>();
    for (Verb verb : Verb.values()) {
      if (verb.word.equals(word)) {
        return verb;
      }
      words.add(verb.word);
    }
    throw new UsageException(
        "unknown verb '" + word + "'" + Suggestions.hint(word, words) + "; try: twinlog help");
  }

  private Invocation parse(Verb verb, String[] args) throws UsageException {
    boolean options = true;
    for (int i = 1; i < args.length; i++) {
      String word = args[i];
      if (!options || !word.startsWith("-") || word.equals("-")) {
        arguments.add(word);
      } else if (word.equals("--")) {
        options = false;
      } else if (word.equals("--help") || word.equals("-h")) {
        arguments.clear();
        arguments.add(verb.word);
        return finish(Verb.HELP);
      } else {
        int equals = word.indexOf('=');
        String name = equals < 0 ? word : word.substring(0, equals);
        if (isValued(name)) {
          if (equals < 0 && i + 1 == args.length) {
            throw new UsageException(name + " needs a value");
          }
          take(name, equals < 0 ? args[++i] : word.substring(equals + 1));
        } else {
          take(verb, word);
        }
      }
    }
    return finish(verb);
  }

  private static boolean isValued(String name) {
    return name.equals(CONFIG) || name.equals(NODE) || name.equals(RUN_DIR);
  }

  private void take(String name, String value) throws UsageException {
    if (value.isEmpty()) {
      throw new UsageException(name + " needs a value");
    }
    switch (name) {
      case CONFIG -> config = value;
      case NODE -> node = value;
      default -> runDir = value;
    }
  }

  private void take(Verb verb, String word) throws UsageException {
    List<String> known = new ArrayList<>(List.of(CONFIG, NODE, RUN_DIR, "--help"));
    for (Flag flag : verb.flags) {
      if (flag.word.equals(word)) {
        flags.add(flag);
        return;
      }
      known.add(flag.word);
    }
    throw new UsageException(
        "twinlog "
            + verb.word
            + " has no option '"
            + word
            + "'"
            + Suggestions.hint(word, known)
            + "; try: twinlog help "
            + verb.word);
  }

  private Invocation finish(Verb verb) throws UsageException {
    if (arguments.size() < verb.requiredArguments()) {
      throw new UsageException(
          verb.arguments.get(arguments.size()) + " is missing; usage: " + Help.usage(verb));
    }
    if (arguments.size() > verb.arguments.size()) {
      throw new UsageException(
          "'"
              + arguments.get(verb.arguments.size())
              + "' is one argument too many; usage: "
              + Help.usage(verb));
    }
    if (flags.contains(Flag.FOLLOW) && flags.contains(Flag.ONCE)) {
      throw new UsageException("--follow and --once exclude each other");
    }
    if (flags.contains(Flag.PAUSE) && flags.contains(Flag.RESUME)) {
      throw new UsageException("--pause and --resume exclude each other");
    }
    if (verb == Verb.EMERGENCY && !List.of("on", "off").contains(arguments.get(0))) {
      throw new UsageException(
          "'" + arguments.get(0) + "' is neither on nor off; usage: " + Help.usage(verb));
    }
    return new Invocation(
        verb,
        List.copyOf(arguments),
        flags,
        orEnvironment(config, "TWINLOG_CONFIG"),
        orEnvironment(node, "TWINLOG_NODE"),
        orEnvironment(runDir, "TWINLOG_RUN_DIR"));
  }

  private String orEnvironment(String option, String variable) {
    return option != null ? option : environment.getOrDefault(variable, "");
  }
}
