package io.twinlog.deploy.nemesis;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * The few places to which the clients write, so that they meet there: hot blocks next to one
 * another, colder ones whose content stays for some seconds, and requests of several sizes up to 1
 * MiB that overlap.
 */
final class Cells {

  /** Consecutive blocks. */
  record Range(int firstBlock, int blocks) {}

  /** Each place of single blocks has so many; those at the first place begin with some hot ones. */
  private static final int SINGLE = 26;

  private static final int HOT = 6;

  /** A checkpoint writes in the order of places: these come last, the others first. */
  private static final int LATE_PLACE = 3000;

  private static final List<Range> SEVERAL =
      List.of(
          new Range(100, 4),
          new Range(104, 4),
          new Range(1000, 32),
          new Range(1040, 32),
          new Range(2048, 256));
  private static final List<Range> SINGLES = singles();

  /**
   * Clients leave these alone, so what a plot writes there stays, out of the log when a checkpoint
   * has passed. In three neighbouring chunks of the backing: each shelf has two of them.
   */
  static final List<Range> QUIET =
      List.of(new Range(1280, 1), new Range(1344, 1), new Range(1408, 1));

  /** From here on there are no cells. */
  static final int END_BLOCK = LATE_PLACE + SINGLE;

  private Cells() {}

  private static List<Range> singles() {
    List<Range> singles = new ArrayList<>();
    IntStream.range(0, SINGLE).forEach(block -> singles.add(new Range(block, 1)));
    IntStream.range(LATE_PLACE, END_BLOCK).forEach(block -> singles.add(new Range(block, 1)));
    return singles;
  }

  static List<Range> all() {
    List<Range> all = new ArrayList<>(SINGLES);
    all.addAll(SEVERAL);
    all.addAll(QUIET);
    return all;
  }

  /** A whole cell, or some of it. */
  static Range pick(RandomGenerator random) {
    return pick(random, Integer.MAX_VALUE);
  }

  /** The same, of at most so many blocks. */
  static Range pick(RandomGenerator random, int maxBlocks) {
    int kind = random.nextInt(10);
    if (kind < 4) {
      return SINGLES.get(random.nextInt(HOT));
    }
    if (kind < 7) {
      return SINGLES.get(random.nextInt(HOT, SINGLES.size()));
    }
    Range cell;
    do {
      cell = SEVERAL.get(random.nextInt(SEVERAL.size()));
    } while (cell.blocks() > maxBlocks);
    if (random.nextInt(3) > 0) {
      return cell;
    }
    int blocks = random.nextInt(1, cell.blocks());
    return new Range(cell.firstBlock() + random.nextInt(cell.blocks() - blocks + 1), blocks);
  }
}
