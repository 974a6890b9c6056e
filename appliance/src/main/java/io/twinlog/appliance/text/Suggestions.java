package io.twinlog.appliance.text;

import java.util.Collection;
import java.util.Optional;

/** Finds what somebody probably meant by a word that is not known. */
public final class Suggestions {

  private Suggestions() {}

  /**
   * The known word nearest to {@code word} by edit distance, when it is near enough to be a slip:
   * at most two edits, and fewer than half the word's letters.
   */
  public static Optional<String> nearest(String word, Collection<String> known) {
    String best = null;
    int bestDistance = Integer.MAX_VALUE;
    for (String candidate : known) {
      int distance = distance(word, candidate);
      if (distance < bestDistance) {
        best = candidate;
        bestDistance = distance;
      }
    }
    boolean near = bestDistance <= 2 && 2 * bestDistance < Math.max(word.length(), 3);
    return near ? Optional.of(best) : Optional.empty();
  }

  /** {@code ; did you mean WORD?} for a near word, else nothing; to be appended to a message. */
  public static String hint(String word, Collection<String> known) {
    return nearest(word, known).map(near -> "; did you mean " + near + "?").orElse("");
  }

  /** Levenshtein's distance, two rows at a time. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
