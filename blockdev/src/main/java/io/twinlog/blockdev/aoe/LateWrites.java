package io.twinlog.blockdev.aoe;

/**
 * Tells a write that the network kept back from one that is new, so that it does not overwrite what
 * the same client wrote since. A client sends a frame again with a new, greater tag: so whatever
 * comes with no greater tag than the latest write to the same place is late.
 *
 * <p>A late one is not answered. If its client still waits for it, then both writes were under way
 * at once, and it will send this one again with a new tag.
 */
final class LateWrites {

  /** A write this old is no more remembered, milliseconds. No frame is on its way for so long. */
  private static final int MEMORY_MILLIS = 10_000;

  static final long MEMORY_NANOS = MEMORY_MILLIS * 1_000_000L;

  /** Linux writes at least this much with a frame. */
  private static final int SECTORS_PER_PLACE = 2;

  // An entry: tag (32 bits), client (8 bits), milliseconds (24 bits); 0 is none.
  private final long[] latest;

  /**
   * Remembers nothing yet.
   *
   * @param sectors of the device; takes 4 bytes of heap for each
   */
  LateWrites(long sectors) {
    latest = new long[Math.toIntExact((sectors + SECTORS_PER_PLACE - 1) / SECTORS_PER_PLACE)];
  }

  /**
   * Whether the write is late; if it is not, it is remembered as the latest.
   *
   * @param client 1 to 255; another's only when this one has written nothing for {@link
   *     #MEMORY_NANOS}
   */
  boolean isLate(int client, int tag, long sector, int sectors, long nowMillis) {
    int time = (int) nowMillis & 0xff_ffff;
    int first = (int) (sector / SECTORS_PER_PLACE);
    int last = (int) ((sector + sectors - 1) / SECTORS_PER_PLACE);
    for (int place = first; place <= last; place++) {
      long entry = latest[place];
      if ((int) (entry >>> 24 & 0xff) == client
          && (time - (int) (entry & 0xff_ffff) & 0xff_ffff) < MEMORY_MILLIS
          && !isNewer(tag, (int) (entry >>> 32))) {
        return true;
      }
    }
    long entry = (tag & 0xffff_ffffL) << 32 | (long) client << 24 | time;
    for (int place = first; place <= last; place++) {
      latest[place] = entry;
    }
    return false;
  }

  /**
   * Linux' driver has a time in a tag's lower half and counts in 15 bits of the upper; others set
   * the highest bit and count in the rest.
   */
  static boolean isNewer(int tag, int than) {
    if (tag < 0 || than < 0) {
      return (tag - than) << 1 > 0;
    }
    short later = (short) (tag - than);
    return later != 0 ? later > 0 : (tag - than) << 1 > 0;
  }
}
