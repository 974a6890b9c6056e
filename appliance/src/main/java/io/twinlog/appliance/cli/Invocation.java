package io.twinlog.appliance.cli;

import java.util.List;
import java.util.Set;

/**
 * A command line, taken apart and found complete.
 *
 * @param arguments as many as the verb asks for
 * @param config path of the configuration file, or empty when neither option nor environment gives
 *     it
 * @param node name of the node, or empty likewise
 * @param runDir run directory, or empty likewise
 */
record Invocation(
    Verb verb, List<String> arguments, Set<Flag> flags, String config, String node, String runDir) {

  boolean has(Flag flag) {
    return flags.contains(flag);
  }

  /** The resource named, or empty when the verb leaves it open. */
  String resource() {
    int index = verb == Verb.EMERGENCY || verb == Verb.SHELF ? 1 : 0;
    return arguments.size() > index ? arguments.get(index) : "";
  }
}
