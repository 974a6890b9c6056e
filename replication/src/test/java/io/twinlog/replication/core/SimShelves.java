package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Stagger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/** All shelves of the backing. */
final class SimShelves {
  private final List<SimShelf> shelves = new ArrayList<>();

  /** Media of each shelf that were in place once; some node may still have them open. */
  private final List<Deque<SimShelf>> removed = new ArrayList<>();

  private final boolean areAddresses;

  SimShelves(SimWorld world, Stagger stagger) {
    areAddresses = (world.options().seed() & 1 << 3) != 0;
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      shelves.add(new SimShelf(world, stagger, shelf));
      removed.add(new ArrayDeque<>());
    }
  }

  SimShelf get(int shelf) {
    return shelves.get(shelf);
  }

  /** Another medium is in the place. */
  void put(int shelf, SimShelf medium) {
    removed.get(shelf).remove(medium);
    removed.get(shelf).addLast(shelves.set(shelf, medium));
  }

  /**
   * Where an empty medium was not taken in, the last one with a label is put back; it may be older
   * than what the nodes have written to it.
   */
  void repair() {
    for (int shelf = 0; shelf < shelves.size(); shelf++) {
      Iterator<SimShelf> newest = removed.get(shelf).descendingIterator();
      while (!get(shelf).isLabelled() && newest.hasNext()) {
        SimShelf medium = newest.next();
        if (medium.isLabelled()) {
          put(shelf, medium);
          break;
        }
      }
    }
  }

  /** Whether a new medium is what open shelves lead to at once, as AoE's are; files do not. */
  boolean areAddresses() {
    return areAddresses;
  }

  int count() {
    return shelves.size();
  }

  void forEach(Consumer<SimShelf> action) {
    shelves.forEach(action);
    removed.forEach(media -> media.forEach(action));
  }

  /** The shelves in whose place is a medium with a label. */
  int labelled() {
    int set = 0;
    for (int shelf = 0; shelf < shelves.size(); shelf++) {
      set |= shelves.get(shelf).isLabelled() ? 1 << shelf : 0;
    }
    return set;
  }

  /** What each shelf holds, or might after a power loss at this moment. */
  byte[][] images(boolean afterPowerLoss) {
    return shelves.stream()
        .map(shelf -> afterPowerLoss ? shelf.afterPowerLoss() : shelf.bytes())
        .toArray(byte[][]::new);
  }
}
