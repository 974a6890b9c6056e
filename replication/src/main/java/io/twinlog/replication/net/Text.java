package io.twinlog.replication.net;

/** Words that came over the network, made fit for a log line. */
final class Text {

  private static final int MAX_CHARS = 300;

  private Text() {}

  /** At most 300 characters, control characters replaced. */
  static String printable(String text) {
    String line = text.length() > MAX_CHARS ? text.substring(0, MAX_CHARS) + "..." : text;
    return line.codePoints()
        .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
