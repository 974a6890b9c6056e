package io.twinlog.blockdev.log;

import java.util.function.IntUnaryOperator;

/**
 * What a view, and its primary's slot, say of the shelves, in one int: bit i for shelf i when it is
 * live, and from bit 8 three bits for each shelf, which <em>medium</em> it is: 0 as formatted, and
 * another number whenever a new one is labelled in its place. A node that still reads from, or
 * comes back with, another medium than the record names knows that it must not.
 */
public final class LiveShelves {
  private static final int SET = (1 << Stagger.MAX_SHELVES) - 1;
  private static final int MEDIUM_BITS = 3;
  private static final int MEDIUM = (1 << MEDIUM_BITS) - 1;

  private LiveShelves() {}

  /** The set of live shelves alone. */
  public static int set(int said) {
    return said & SET;
  }

  /** What is said of the media alone, for any set to be added. */
  public static int media(int said) {
    return said & ~SET;
  }

  /** Which medium the shelf is, 0 to 7. */
  public static int medium(int said, int shelf) {
    return (said >>> shift(shelf)) & MEDIUM;
  }

  /** The same with another medium for the shelf. */
  public static int withMedium(int said, int shelf, int medium) {
    return (said & ~(MEDIUM << shift(shelf))) | ((medium & MEDIUM) << shift(shelf));
  }

  /**
   * The shelves, as a set, of which another medium is there than is said.
   *
   * @param mediumOf gives the number of the medium that is there, by shelf
   */
  public static int others(int said, int shelves, IntUnaryOperator mediumOf) {
    int others = 0;
    for (int shelf = 0; shelf < shelves; shelf++) {
      if (mediumOf.applyAsInt(shelf) != medium(said, shelf)) {
        others |= 1 << shelf;
      }
    }
    return others;
  }

  /** The number that a new medium gets. */
  public static int mediumAfter(int medium) {
    return (medium + 1) & MEDIUM;
  }

  private static int shift(int shelf) {
    return Stagger.MAX_SHELVES + shelf * MEDIUM_BITS;
  }
}
