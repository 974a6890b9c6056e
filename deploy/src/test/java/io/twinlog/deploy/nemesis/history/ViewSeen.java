package io.twinlog.deploy.nemesis.history;

/**
 * A view that a node has learnt.
 *
 * @param number of the view
 * @param primary its primary, or empty
 * @param node who says so
 * @param seenNanos when it learnt of it, to a few milliseconds, or {@link #SOME_TIME}
 */
public record ViewSeen(long number, String primary, String node, long seenNanos) {

  /** Before it said so, nobody knows when. */
  public static final long SOME_TIME = Long.MIN_VALUE;

  static final String WORD = "VIEW";

  String text() {
    return String.join(
        " ",
        WORD,
        Long.toString(number),
        primary.isEmpty() ? "-" : primary,
        node,
        Long.toString(seenNanos));
  }

  static ViewSeen parse(String line) {
    String[] word = line.split(" ", -1);
    return new ViewSeen(
        Long.parseLong(word[1]),
        word[2].equals("-") ? "" : word[2],
        word[3],
        Long.parseLong(word[4]));
  }
}
