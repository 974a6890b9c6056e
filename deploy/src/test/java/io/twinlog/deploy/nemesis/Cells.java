package io.twinlog.deploy.nemesis;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The few places to which the clients write, so that they meet there: blocks next to one another,
 * and requests of several sizes up to 1 MiB that overlap.
 */
final class Cells {

  /** Consecutive blocks. */
  record Range(int firstBlock, int blocks) {}

  private static final List<Range> ALL =
      List.of(
          new Range(0, 1),
          new Range(1, 1),
          new Range(2, 1),
          new Range(3, 1),
          new Range(4, 1),
          new Range(5, 1),
          new Range(100, 4),
          new Range(104, 4),
          new Range(1000, 32),
          new Range(1040, 32),
          new Range(2048, 256));

  private Cells() {}

  static List<Range> all() {
    return ALL;
  }

  /** A whole cell, or some of it. */
  static Range pick(RandomGenerator random) {
    Range cell = ALL.get(random.nextInt(ALL.size()));
    if (cell.blocks() == 1 || random.nextInt(3) > 0) {
      return cell;
    }
    int blocks = random.nextInt(1, cell.blocks());
    return new Range(cell.firstBlock() + random.nextInt(cell.blocks() - blocks + 1), blocks);
  }
}
