package io.twinlog.replication.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What the seeds of the default budget have to reach: each row of the view table, each fault, each
 * ending, and each way in which an operator or a resync is refused.
 */
final class SimCoverage {
  private static final List<String> REACHED =
      List.of(
          "fault: backing errors",
          "fault: backing lost to both",
          "fault: backing lost to one",
          "fault: backing stalls",
          "fault: both nodes crash",
          "fault: checkpoints stalled",
          "fault: clock jumps ahead",
          "fault: clock jumps back",
          "fault: clock stops",
          "fault: crash",
          "fault: crash that leaves the RAM",
          "fault: isolated with a hanging queue",
          "fault: link cut both ways",
          "fault: link cut one way",
          "fault: link reset",
          "fault: pause",
          "fault: pause with the clock",
          "fault: power loss",
          "fault: torn RAM",
          "fault: torn write",
          "promote done",
          "promote --force done",
          "promote --accept-loss done",
          "demote done",
          "switchover done",
          "flush done",
          "both promoted at the same moment",
          "looked for in the backing: found",
          "looked for in the backing: missing",
          "looked for in the backing: some",
          "backing checked",
          "backing checked, complete",
          "backing checked, complete, with pending writes",
          "backing's age checked",
          "durability checked");

  /** Beginnings of what is counted with a reason, node names and numbers replaced. */
  private static final List<String> BEGINNINGS =
      List.of(
          "resync quick",
          "resync whole",
          "promote refused: NODE is connected and primary",
          "promote refused: NODE is alive and primary, only not connected",
          "promote refused: NODE holds every acknowledged write",
          "promote refused: acknowledged writes may be missing",
          "promote refused: a promotion of this node is under way",
          "promote refused: view N was chosen instead",
          "promote refused: the backing cannot be read",
          "failover refused: NODE is alive and primary, only not connected",
          "failover refused: acknowledged writes may be missing",
          "demote refused: the primary is already giving its role up",
          "demote refused: view N was chosen instead",
          "switchover refused: there is no secondary to hand over to",
          "switchover refused: NODE is not connected",
          "switchover refused: a switchover has been asked for already",
          "switchover refused: the primary is already giving its role up",
          "switchover refused: the secondary is not connected any more",
          "flush refused: this node is not primary",
          "flush refused: this node is not primary any more",
          "flush refused: a flush is under way",
          "resync refused: the peer is not connected",
          "resync refused: neither node is primary",
          "resync refused: this node is changing the view",
          "resync refused: the backing cannot be read");

  private SimCoverage() {}

  /** What none of the counters stands for. */
  static List<String> missing(Set<String> counters) {
    List<String> missing = new ArrayList<>();
    for (ViewKind kind : ViewKind.values()) {
      require("view: " + kind, counters, missing);
    }
    for (SimOptions.Ending ending : SimOptions.Ending.values()) {
      require("ending: " + ending, counters, missing);
    }
    REACHED.forEach(what -> require(what, counters, missing));
    for (String beginning : BEGINNINGS) {
      if (counters.stream().noneMatch(counter -> counter.startsWith(beginning))) {
        missing.add(beginning);
      }
    }
    return missing;
  }

  private static void require(String what, Set<String> counters, List<String> missing) {
    if (!counters.contains(what)) {
      missing.add(what);
    }
  }
}
