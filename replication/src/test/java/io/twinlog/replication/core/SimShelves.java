package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Stagger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** All shelves of the backing. */
final class SimShelves {
  private final List<SimShelf> shelves = new ArrayList<>();

  SimShelves(SimWorld world, Stagger stagger) {
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      shelves.add(new SimShelf(world, stagger));
    }
  }

  SimShelf get(int shelf) {
    return shelves.get(shelf);
  }

  int count() {
    return shelves.size();
  }

  void forEach(Consumer<SimShelf> action) {
    shelves.forEach(action);
  }

  /** What each shelf holds, or might after a power loss at this moment. */
  byte[][] images(boolean afterPowerLoss) {
    return shelves.stream()
        .map(shelf -> afterPowerLoss ? shelf.afterPowerLoss() : shelf.bytes())
        .toArray(byte[][]::new);
  }
}
