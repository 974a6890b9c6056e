package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What slot and checkpoint records have in common: 512 bytes that one sector keeps whole. All
 * numbers are big-endian.
 *
 * <pre>
 *   0   4  magic
 *   4   2  format version, 1
 *   6   1  node, 0 or 1
 *   7   1  zero
 *   8   8  sequence
 *  16   8  incarnation
 *  24 484  fields of the kind, then zeros
 * 508   4  CRC32C of bytes 0 to 507
 * </pre>
 */
final class SectorRecord {

  static final int NODE = 6;
  static final int SEQUENCE = 8;
  static final int INCARNATION = 16;
  static final int BODY = 24;
  static final int CRC = Layout.RECORD_BYTES - Integer.BYTES;

  private static final int VERSION_AT = 4;
  private static final int VERSION = 1;

  private SectorRecord() {}

  /** Zeroes the buffer's remaining bytes, a whole sector, and begins a record in them. */
  static void begin(ByteBuffer sector, int magic, int node, long sequence, long incarnation) {
    int at = sector.position();
    if (sector.remaining() < Layout.RECORD_BYTES) {
      throw new IllegalArgumentException(
          "a sector has 512 bytes or more, not " + sector.remaining());
    }
    Fields.clear(sector, at, sector.limit());
    Fields.putInt(sector, at, magic);
    Fields.putShort(sector, at + VERSION_AT, VERSION);
    sector.put(at + NODE, (byte) node);
    Fields.putLong(sector, at + SEQUENCE, sequence);
    Fields.putLong(sector, at + INCARNATION, incarnation);
  }

  /** Ends the record with its checksum. */
  static void seal(ByteBuffer sector) {
    int at = sector.position();
    Fields.putInt(sector, at + CRC, Fields.crc32c(new CRC32C(), sector, at, at + CRC));
  }

  /** Whether an undamaged record of this kind and format begins at the buffer's position. */
  static boolean isIntact(ByteBuffer sector, int magic) {
    int at = sector.position();
    return sector.remaining() >= Layout.RECORD_BYTES
        && Fields.getInt(sector, at) == magic
        && Fields.getUnsignedShort(sector, at + VERSION_AT) == VERSION
        && Fields.getUnsignedByte(sector, at + NODE) <= 1
        && Fields.getInt(sector, at + CRC) == Fields.crc32c(new CRC32C(), sector, at, at + CRC);
  }
}
