package io.twinlog.blockdev.aoe;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A device as IDENTIFY DEVICE describes it: 256 words, little-endian (ATA/ATAPI-6, 8.15).
 *
 * @param sectors of 512 bytes
 * @param serial up to 20 characters
 * @param firmware up to 8 characters
 * @param model up to 40 characters
 * @param flush which command empties its write cache
 */
record TargetIdentity(long sectors, String serial, String firmware, String model, Flush flush) {

  /** How a device's cache is flushed. */
  enum Flush {
    /** It takes no such command: what it has acknowledged is durable, or never will be. */
    NONE,
    /** FLUSH CACHE. */
    SHORT,
    /** FLUSH CACHE EXT. */
    EXTENDED
  }

  static final int BYTES = 512;

  // Word numbers.
  private static final int SERIAL = 10;
  private static final int FIRMWARE = 23;
  private static final int MODEL = 27;
  private static final int CAPABILITIES = 49;
  private static final int SECTORS_28 = 60;
  private static final int COMMANDS_SUPPORTED = 83;
  private static final int COMMANDS_ENABLED = 86;
  private static final int SECTORS_48 = 100;

  private static final int VALID = 0x4000;
  private static final int LBA48 = 0x0400;
  private static final int FLUSH_SHORT = 0x1000;
  private static final int FLUSH_EXTENDED = 0x2000;
  private static final int MOST_SECTORS_28 = 0x0fff_ffff;

  /** Reads the first 512 of the remaining bytes, whose position does not move. */
  static TargetIdentity decode(ByteBuffer data) throws MalformedFrameException {
    if (data.remaining() < BYTES) {
      throw MalformedFrameException.of("less than 512 bytes of identity");
    }
    ByteBuffer words = data.slice().order(ByteOrder.LITTLE_ENDIAN);
    int supported = word(words, COMMANDS_SUPPORTED);
    boolean known = (supported & 0xc000) == VALID;
    long sectors =
        known && (supported & LBA48) != 0
            ? words.getLong(SECTORS_48 * 2) & 0xffff_ffff_ffffL
            : words.getInt(SECTORS_28 * 2) & 0xffff_ffffL;
    Flush flush = Flush.NONE;
    if (known && (supported & FLUSH_EXTENDED) != 0) {
      flush = Flush.EXTENDED;
    } else if (known && (supported & FLUSH_SHORT) != 0) {
      flush = Flush.SHORT;
    }
    return new TargetIdentity(
        sectors, text(words, SERIAL, 20), text(words, FIRMWARE, 8), text(words, MODEL, 40), flush);
  }

  private static int word(ByteBuffer words, int number) {
    return words.getShort(number * 2) & 0xffff;
  }

  /** Two characters a word, the first in its upper byte; padded with blanks. */
  private static String text(ByteBuffer words, int number, int length) {
    byte[] text = new byte[length];
    for (int i = 0; i < length; i++) {
      text[i] = words.get(number * 2 + (i ^ 1));
    }
    return new String(text, StandardCharsets.ISO_8859_1).strip();
  }

  /** Fills the next 512 bytes of the buffer. */
  void put(ByteBuffer to) {
    ByteBuffer words = to.slice(to.position(), BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < BYTES; i += Long.BYTES) {
      words.putLong(i, 0);
    }
    put(words, SERIAL, serial, 20);
    put(words, FIRMWARE, firmware, 8);
    put(words, MODEL, model, 40);
    put(words, 47, 0x8000);
    put(words, CAPABILITIES, 0x0200);
    put(words, 50, 0x4000);
    words.putInt(SECTORS_28 * 2, (int) Math.min(sectors, MOST_SECTORS_28));
    int commands =
        VALID
            | LBA48
            | switch (flush) {
              case NONE -> 0;
              case SHORT -> FLUSH_SHORT;
              case EXTENDED -> FLUSH_SHORT | FLUSH_EXTENDED;
            };
    put(words, COMMANDS_SUPPORTED, commands);
    put(words, 84, VALID);
    put(words, COMMANDS_ENABLED, commands & ~VALID);
    put(words, 87, VALID);
    put(words, 93, 0x400b);
    words.putLong(SECTORS_48 * 2, sectors);
    to.position(to.position() + BYTES);
  }

  private static void put(ByteBuffer words, int number, int value) {
    words.putShort(number * 2, (short) value);
  }

  private static void put(ByteBuffer words, int number, String text, int length) {
    String padded = String.format(Locale.ROOT, "%-" + length + "." + length + "s", text);
    byte[] bytes = padded.getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < length; i++) {
      words.put(number * 2 + (i ^ 1), bytes[i]);
    }
  }

  @Override
  public String toString() {
    return "'" + model + "' serial '" + serial + "' with " + sectors + " sectors";
  }
}
