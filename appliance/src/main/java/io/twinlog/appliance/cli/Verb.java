package io.twinlog.appliance.cli;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What {@code twinlog} can be asked to do (design, section 7). */
@SuppressWarnings("ImmutableEnumChecker") // both are unmodifiable
enum Verb {
  NODE("node", List.of(), "run a node with all its resources, in the foreground", Flag.NO_MLOCK),
  CREATE(
      "create", List.of("RESOURCE"), "format the backing, once; needs no running node", Flag.FORCE),
  STATUS("status", List.of("[RESOURCE]"), "say how the resources are", Flag.JSON, Flag.WATCH),
  PROMOTE("promote", List.of("RESOURCE"), "make this node primary", Flag.FORCE, Flag.ACCEPT_LOSS),
  DEMOTE("demote", List.of("RESOURCE"), "log everything, then be primary no more"),
  SWITCHOVER("switchover", List.of("RESOURCE"), "hand the primary role to the other node"),
  CONNECT("connect", List.of("RESOURCE"), "link up with the peer"),
  DISCONNECT("disconnect", List.of("RESOURCE"), "take the link to the peer down"),
  RESYNC(
      "resync",
      List.of("RESOURCE"),
      "repair what verify has found, else fill the secondary's copy anew",
      Flag.PAUSE,
      Flag.RESUME),
  VERIFY(
      "verify",
      List.of("RESOURCE"),
      "compare the copies while clients go on",
      Flag.BACKING,
      Flag.STOP),
  FLUSH("flush", List.of("RESOURCE"), "write everything committed to the log now"),
  EMERGENCY(
      "emergency",
      List.of("on|off", "[RESOURCE]"),
      "power may fail: log at once, acknowledge only what is logged"),
  SHELF(
      "shelf",
      List.of("list|fail|restore|replace", "RESOURCE", "[NUMBER]"),
      "show several shelves; on the primary: take one out of use, in again, or a new one",
      Flag.FORCE),
  EVENTS(
      "events",
      List.of("[RESOURCE]"),
      "print the state, then a line per change",
      Flag.JSON,
      Flag.FOLLOW,
      Flag.ONCE),
  CHECK("check", List.of("RESOURCE"), "offline: say what the backing holds"),
  EXPORT("export", List.of("RESOURCE", "FILE"), "offline: write what the backing holds to FILE"),
  VERSION("version", List.of(), "print the version"),
  HELP("help", List.of("[VERB]"), "explain a verb");

  final String word;

  /** Names of the arguments, in order; one in brackets may be left out. */
  final List<String> arguments;

  final String summary;
  final Set<Flag> flags;

  Verb(String word, List<String> arguments, String summary, Flag... flags) {
    this.word = word;
    this.arguments = arguments;
    this.summary = summary;
    EnumSet<Flag> set = EnumSet.noneOf(Flag.class);
    for (Flag flag : flags) {
      set.add(flag);
    }
    this.flags = Collections.unmodifiableSet(set);
  }

  int requiredArguments() {
    int required = 0;
    for (String argument : arguments) {
      if (!argument.startsWith("[")) {
        required++;
      }
    }
    return required;
  }

  /** Whether the verb reads the configuration file. */
  boolean needsConfig() {
    return this == NODE || this == CREATE || this == CHECK || this == EXPORT;
  }

  /** Whether the verb talks to a running node. */
  boolean needsNode() {
    return !needsConfig() && this != VERSION && this != HELP;
  }
}
