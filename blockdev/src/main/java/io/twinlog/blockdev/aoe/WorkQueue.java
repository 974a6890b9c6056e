package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The chains of a shelf: those under way, and those that wait for their turn. */
final class WorkQueue {

  /** How many chains of a lane are under way at once, so that one's last answer delays no other. */
  static final int ACTIVE_PER_LANE = 4;

  private final Map<Lane, Deque<Work>> waiting = new EnumMap<>(Lane.class);
  private final Map<Lane, List<Work>> active = new EnumMap<>(Lane.class);
  private final List<Work> turn = new ArrayList<>();
  private boolean dataFirst;

  WorkQueue() {
    for (Lane lane : Lane.values()) {
      waiting.put(lane, new ArrayDeque<>());
      active.put(lane, new ArrayList<>());
    }
  }

  void add(Work work) {
    List<Work> lane = active.get(work.chain.lane());
    if (lane.size() < ACTIVE_PER_LANE) {
      lane.add(work);
    } else {
      waiting.get(work.chain.lane()).add(work);
    }
  }

  void remove(Work work) {
    Lane lane = work.chain.lane();
    if (active.get(lane).remove(work)) {
      Work next = waiting.get(lane).poll();
      if (next != null) {
        active.get(lane).add(next);
      }
    } else {
      waiting.get(lane).remove(work);
    }
  }

  boolean isEmpty() {
    for (List<Work> lane : active.values()) {
      if (!lane.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Those under way in the order in which they may send: slots, then log and data in turn. */
  List<Work> inTurn() {
    turn.clear();
    turn.addAll(active.get(Lane.SLOT));
    dataFirst = !dataFirst;
    turn.addAll(active.get(dataFirst ? Lane.DATA : Lane.LOG));
    turn.addAll(active.get(dataFirst ? Lane.LOG : Lane.DATA));
    return turn;
  }

  /** A list of its own of all of them. */
  List<Work> all() {
    List<Work> all = new ArrayList<>();
    for (Lane lane : Lane.values()) {
      all.addAll(active.get(lane));
      all.addAll(waiting.get(lane));
    }
    return all;
  }
}
