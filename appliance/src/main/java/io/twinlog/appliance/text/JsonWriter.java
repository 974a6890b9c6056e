package io.twinlog.appliance.text;

/**
 * Writes one JSON value (RFC 8259) on one line, keys in the order in which they are given. The
 * caller opens and closes objects and arrays in turn; commas are put in here.
 */
public final class JsonWriter {

  private final StringBuilder out = new StringBuilder(512);
  private boolean separate;

  /** Begins an object as the next element or value. */
  public JsonWriter beginObject() {
    return open('{');
  }

  public JsonWriter endObject() {
    return close('}');
  }

  /** Begins an array as the next element or value. */
  public JsonWriter beginArray() {
    return open('[');
  }

  public JsonWriter endArray() {
    return close(']');
  }

  /** Names the value that follows. */
  public JsonWriter key(String key) {
    comma();
    quote(key);
    out.append(':');
    separate = false;
    return this;
  }

  public JsonWriter value(String value) {
    comma();
    quote(value);
    return this;
  }

  public JsonWriter field(String key, String value) {
    return key(key).value(value);
  }

  public JsonWriter field(String key, long value) {
    key(key);
    out.append(value);
    separate = true;
    return this;
  }

  public JsonWriter field(String key, boolean value) {
    key(key);
    out.append(value);
    separate = true;
    return this;
  }

  /** What has been written so far. */
  @Override
  public String toString() {
    return out.toString();
  }

  private JsonWriter open(char bracket) {
    comma();
    out.append(bracket);
    separate = false;
    return this;
  }

  private JsonWriter close(char bracket) {
    out.append(bracket);
    separate = true;
    return this;
  }

  private void comma() {
    if (separate) {
      out.append(',');
    }
    separate = true;
  }

  private void quote(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          // A lone surrogate has no UTF-8 form; line separators end a line for some readers.
          if (c < ' ' || c == 0x7f || isLoneSurrogate(text, i) || c == '\u2028' || c == '\u2029') {
            out.append("\\u").append(HEX[c >> 12]).append(HEX[c >> 8 & 15]);
            out.append(HEX[c >> 4 & 15]).append(HEX[c & 15]);
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean isLoneSurrogate(String text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }

  private static final char[] HEX = "0123456789abcdef".toCharArray();
}
