package io.twinlog.appliance.cli;

/** What {@code twinlog help} prints. */
final class Help {

  private Help() {}

  /** The verb's command line, without the options that every verb takes. */
  static String usage(Verb verb) {
    StringBuilder usage = new StringBuilder("twinlog ").append(verb.word);
    for (String argument : verb.arguments) {
      usage.append(' ').append(argument);
    }
    for (Flag flag : verb.flags) {
      usage.append(" [").append(flag.word).append(']');
    }
    return usage.toString();
  }

  static String overview() {
    StringBuilder text =
        new StringBuilder(
            "Twinlog: a block device in the RAM of two nodes, with shared storage behind it.\n\n");
    for (Verb verb : Verb.values()) {
      StringBuilder line = new StringBuilder("  ").append(verb.word);
      for (String argument : verb.arguments) {
        line.append(' ').append(argument);
      }
      while (line.length() < 26) {
        line.append(' ');
      }
      text.append(line).append(verb.summary).append('\n');
    }
    return text.append('\n').append(COMMON).toString();
  }

  static String of(Verb verb) {
    StringBuilder text = new StringBuilder("usage: ").append(usage(verb)).append('\n');
    text.append(verb.summary).append("\n\n");
    for (Flag flag : verb.flags) {
      text.append(line(flag.word, explain(verb, flag)));
    }
    if (verb.needsConfig()) {
      text.append(line("--config FILE", "the configuration; else TWINLOG_CONFIG"));
    }
    if (verb.needsNode() || verb == Verb.NODE) {
      text.append(line("--node NAME", "which node; else TWINLOG_NODE"));
      text.append(
          line("--run-dir DIR", "where it runs; else TWINLOG_RUN_DIR, else /run/twinlog/NAME"));
    }
    return text.append("\nExit codes: 0 done, 1 refused or failed, 2 bad usage.\n").toString();
  }

  private static String line(String option, String meaning) {
    StringBuilder line = new StringBuilder("  ").append(option);
    while (line.length() < 18) {
      line.append(' ');
    }
    return line.append(meaning).append('\n').toString();
  }

  private static String explain(Verb verb, Flag flag) {
    return switch (flag) {
      case FORCE ->
          verb == Verb.CREATE
              ? "overwrite whatever the backing holds"
              : "the other node is known to be gone; its claim is overridden";
      case ACCEPT_LOSS -> "go on from an older state; acknowledged writes may be missing in it";
      case JSON -> "for scripts: one JSON object per line";
      case WATCH -> "again every second, until interrupted";
      case FOLLOW -> "go on with the changes, until interrupted (the default)";
      case ONCE -> "the present state only";
      case PAUSE -> "instead: no resync begins or goes on; writes still go to both copies";
      case RESUME -> "instead: resyncs go on";
      case BACKING -> "compare RAM with the backing instead of the peer's RAM";
      case STOP -> "end the verify that is under way";
      case NO_MLOCK -> "do not lock the RAM copy; it may be swapped out";
    };
  }

  private static final String COMMON =
      """
      Options of every verb:
        --config FILE   the configuration, the same on both nodes; else TWINLOG_CONFIG
        --node NAME     which node; else TWINLOG_NODE
        --run-dir DIR   where it runs; else TWINLOG_RUN_DIR, else /run/twinlog/NAME
      More on one of them: twinlog help VERB
      Exit codes: 0 done, 1 refused or failed, 2 bad usage.
      """;
}
