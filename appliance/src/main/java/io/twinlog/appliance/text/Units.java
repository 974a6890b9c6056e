package io.twinlog.appliance.text;

import java.util.Locale;

/** Sizes and durations in words. */
public final class Units {

  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private Units() {}

  /**
   * Bytes in the largest binary unit that leaves at least 1: {@code 0 B}, {@code 24 KiB}, {@code
   * 1.5 GiB}.
   */
  public static String bytes(long bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < BINARY.length - 1) {
      value /= 1024;
      unit++;
    }
    // 1023.96 KiB would print as 1024.0 KiB.
    if (unit > 0 && unit < BINARY.length - 1 && value >= 1023.95) {
      value = 1;
      unit++;
    }
    return decimal(value) + " " + BINARY[unit];
  }

  /** One decimal place at most, and none when it is zero. */
  private static String decimal(double value) {
    long tenths = Math.round(value * 10);
    return tenths % 10 == 0
        ? Long.toString(tenths / 10)
        : String.format(Locale.ROOT, "%d.%d", tenths / 10, tenths % 10);
  }

  /**
   * Milliseconds in two units at most: {@code 850 ms}, {@code 1.2 s}, {@code 3 min 20 s}, {@code 2
   * h 5 min}.
   */
  public static String millis(long millis) {
    if (millis < 1000) {
      return millis + " ms";
    }
    if (millis < 60_000) {
      return decimal(millis / 1000.0) + " s";
    }
    long seconds = millis / 1000;
    if (seconds < 3600) {
      return seconds / 60 + " min" + (seconds % 60 == 0 ? "" : " " + seconds % 60 + " s");
    }
    long minutes = seconds / 60;
    return minutes / 60 + " h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + " min");
  }
}
