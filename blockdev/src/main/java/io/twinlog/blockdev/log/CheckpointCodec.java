package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;

/**
 * Checkpoint records as bytes. After the head that {@link SectorRecord} describes (big-endian):
 *
 * <pre>
 *  24   8  view
 *  32   8  position
 *  40   8  tail batch
 *  48   8  tail position
 *  56   8  wall clock at the position, in milliseconds since 1970; 0: not known
 *  64 444  zero
 * </pre>
 */
public final class CheckpointCodec {

  private static final int MAGIC = 0x54574350; // "TWCP"

  private static final int VIEW = SectorRecord.BODY;
  private static final int POSITION = VIEW + 8;
  private static final int TAIL_BATCH = POSITION + 8;
  private static final int TAIL_POSITION = TAIL_BATCH + 8;
  private static final int MILLIS = TAIL_POSITION + 8;

  /** No ring ever comes near it, and sums of positions stay inside a {@code long}. */
  private static final long MAX_RING_POSITION = 1L << 62;

  private CheckpointCodec() {}

  /**
   * Fills the buffer's remaining bytes, one sector of 512 or 4096 bytes, with the record and zeros;
   * position and limit stay.
   */
  public static void encode(CheckpointRecord checkpoint, ByteBuffer sector) {
    int at = sector.position();
    SectorRecord.begin(
        sector, MAGIC, checkpoint.node(), checkpoint.sequence(), checkpoint.incarnation());
    Fields.putLong(sector, at + VIEW, checkpoint.view());
    Fields.putLong(sector, at + POSITION, checkpoint.position());
    Fields.putLong(sector, at + TAIL_BATCH, checkpoint.tailBatch());
    Fields.putLong(sector, at + TAIL_POSITION, checkpoint.tailPosition());
    Fields.putLong(sector, at + MILLIS, checkpoint.millis());
    SectorRecord.seal(sector);
  }

  /** The record at the buffer's position, which stays; null when there is no undamaged one. */
  public static CheckpointRecord decode(ByteBuffer sector) {
    int at = sector.position();
    if (!SectorRecord.isIntact(sector, MAGIC)) {
      return null;
    }
    long tailPosition = Fields.getLong(sector, at + TAIL_POSITION);
    if (tailPosition < 0
        || tailPosition > MAX_RING_POSITION
        || tailPosition % Layout.BLOCK_BYTES != 0) {
      return null;
    }
    return new CheckpointRecord(
        Fields.getUnsignedByte(sector, at + SectorRecord.NODE),
        Fields.getLong(sector, at + SectorRecord.SEQUENCE),
        Fields.getLong(sector, at + SectorRecord.INCARNATION),
        Fields.getLong(sector, at + VIEW),
        Fields.getLong(sector, at + POSITION),
        Fields.getLong(sector, at + TAIL_BATCH),
        tailPosition,
        Fields.getLong(sector, at + MILLIS));
  }
}
