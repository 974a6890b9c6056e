package io.twinlog.replication.core;

import io.twinlog.replication.core.ExploredWorld.Action;
import io.twinlog.replication.core.ExploredWorld.Step;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What clients, operators and faults do, in this order, each at every time: the exploration tries
 * all of them. Written as "write 0, pause 0, cut, promote 1": the number is the node's.
 *
 * @param blocks of the device
 * @param lazy whether a connected primary destages nothing by itself
 * @param delays how often what follows by itself follows in another order
 */
record ExploredStory(int blocks, boolean lazy, int delays, List<Step> steps, String text) {

  static ExploredStory of(int blocks, boolean lazy, int delays, String text) {
    List<Step> steps = new ArrayList<>();
    for (String part : text.split(", ", -1)) {
      String[] words = part.split(" ", -1);
      String action = words[0].equals("crash") ? "crash_lost" : words[0];
      int node = words.length > 1 ? Integer.parseInt(words[1]) : 0;
      steps.add(new Step(Action.valueOf(action.toUpperCase(java.util.Locale.ROOT)), node));
    }
    return new ExploredStory(blocks, lazy, delays, List.copyOf(steps), text);
  }

  /** The world in which it begins: a connected pair, node 0 primary. */
  ExploredWorld begin(Set<Rule> rules) {
    ExploredWorld world = new ExploredWorld(rules, blocks, lazy);
    world.settle();
    world.tell(steps, delays);
    return world;
  }

  /** How it goes when these steps are taken, with what each node says, and how it ends. */
  String replay(Set<Rule> rules, List<Step> taken) {
    ExploredWorld world = begin(rules);
    List<String> lines = new ArrayList<>();
    world.keepTrace(lines);
    try {
      taken.forEach(world::take);
    } catch (RuntimeException e) {
      lines.add(e.toString());
    }
    return String.join("\n", lines);
  }

  static Set<Rule> allBut(Rule rule) {
    EnumSet<Rule> rules = EnumSet.allOf(Rule.class);
    rules.remove(rule);
    return rules;
  }

  @Override
  public String toString() {
    return text + (delays > 0 ? ", delays " + delays : "");
  }
}
