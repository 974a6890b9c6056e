package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Slot records as bytes. After the head that {@link SectorRecord} describes (big-endian):
 *
 * <pre>
 *  24   8  mark
 *  32   8  promised
 *  40   8  accepted
 *  48   8  counter
 *  56   8  nonce
 *  64   1  1 when there is an input, else 0
 *  65   7  zero
 *  72  40  input, a view; zeros when there is none
 * 112  40  chosen, a view
 * 152 256  limits of chosen: 16 times fromView (8), maxCut (8); zeros behind the last
 * 408 100  zero
 * </pre>
 *
 * A view:
 *
 * <pre>
 *   0   8  number
 *   8   1  primary: 0, 1 or 255 for none
 *   9   1  members, bit n for node n
 *  10   1  flags: 1 complete at birth, 2 clean
 *  11   1  number of limits, 0 to 16; 0 for the input
 *  12   4  live shelves and their media ({@link LiveShelves})
 *  16   8  incarnation of node 0
 *  24   8  incarnation of node 1
 *  32   8  base
 * </pre>
 */
public final class SlotCodec {

  private static final int MAGIC = 0x5457534C; // "TWSL"

  private static final int MARK = SectorRecord.BODY;
  private static final int PROMISED = MARK + 8;
  private static final int ACCEPTED = PROMISED + 8;
  private static final int COUNTER = ACCEPTED + 8;
  private static final int NONCE = COUNTER + 8;
  private static final int HAS_INPUT = NONCE + 8;
  private static final int INPUT = HAS_INPUT + 8;
  private static final int VIEW_BYTES = 40;
  private static final int CHOSEN = INPUT + VIEW_BYTES;
  private static final int LIMITS = CHOSEN + VIEW_BYTES;
  private static final int LIMIT_BYTES = 16;

  /** Where the fields end: before the checksum, or the class does not load. */
  private static final int END = LIMITS + View.MAX_LIMITS * LIMIT_BYTES;

  static {
    if (END > SectorRecord.CRC) {
      throw new ExceptionInInitializerError("a slot record does not fit its sector: " + END);
    }
  }

  private static final int VIEW_PRIMARY = 8;
  private static final int VIEW_MEMBERS = 9;
  private static final int VIEW_FLAGS = 10;
  private static final int VIEW_LIMITS = 11;
  private static final int VIEW_SHELVES = 12;
  private static final int VIEW_INCARNATION_0 = 16;
  private static final int VIEW_INCARNATION_1 = 24;
  private static final int VIEW_BASE = 32;

  private static final int COMPLETE_AT_BIRTH = 1;
  private static final int CLEAN = 2;
  private static final int NO_NODE = 0xFF;

  private SlotCodec() {}

  /**
   * Fills the buffer's remaining bytes, one sector of 512 or 4096 bytes, with the record and zeros;
   * position and limit stay. An input with limits, or more limits than {@link View#MAX_LIMITS}, is
   * an {@link IllegalArgumentException}.
   */
  public static void encode(SlotRecord slot, ByteBuffer sector) {
    View input = slot.input();
    List<View.CutLimit> limits = slot.chosen().limits();
    if (limits.size() > View.MAX_LIMITS || (input != null && !input.limits().isEmpty())) {
      throw new IllegalArgumentException("limits that do not fit: " + slot);
    }
    int at = sector.position();
    SectorRecord.begin(sector, MAGIC, slot.node(), slot.sequence(), slot.incarnation());
    Fields.putLong(sector, at + MARK, slot.mark());
    Fields.putLong(sector, at + PROMISED, slot.promised());
    Fields.putLong(sector, at + ACCEPTED, slot.accepted());
    Fields.putLong(sector, at + COUNTER, slot.counter());
    Fields.putLong(sector, at + NONCE, slot.nonce());
    if (input != null) {
      sector.put(at + HAS_INPUT, (byte) 1);
      putView(sector, at + INPUT, input);
    }
    putView(sector, at + CHOSEN, slot.chosen());
    for (int i = 0; i < limits.size(); i++) {
      Fields.putLong(sector, at + LIMITS + i * LIMIT_BYTES, limits.get(i).fromView());
      Fields.putLong(sector, at + LIMITS + i * LIMIT_BYTES + 8, limits.get(i).maxCut());
    }
    SectorRecord.seal(sector);
  }

  /** The record at the buffer's position, which stays; null when there is no undamaged one. */
  public static SlotRecord decode(ByteBuffer sector) {
    int at = sector.position();
    if (!SectorRecord.isIntact(sector, MAGIC)
        || !isView(sector, at + INPUT)
        || !isView(sector, at + CHOSEN)
        || Fields.getUnsignedByte(sector, at + INPUT + VIEW_LIMITS) != 0
        || Fields.getUnsignedByte(sector, at + CHOSEN + VIEW_LIMITS) > View.MAX_LIMITS) {
      return null;
    }
    List<View.CutLimit> limits = new ArrayList<>();
    int count = Fields.getUnsignedByte(sector, at + CHOSEN + VIEW_LIMITS);
    for (int i = 0; i < count; i++) {
      limits.add(
          new View.CutLimit(
              Fields.getLong(sector, at + LIMITS + i * LIMIT_BYTES),
              Fields.getLong(sector, at + LIMITS + i * LIMIT_BYTES + 8)));
    }
    boolean hasInput = sector.get(at + HAS_INPUT) != 0;
    return new SlotRecord(
        Fields.getUnsignedByte(sector, at + SectorRecord.NODE),
        Fields.getLong(sector, at + SectorRecord.SEQUENCE),
        Fields.getLong(sector, at + SectorRecord.INCARNATION),
        Fields.getLong(sector, at + MARK),
        Fields.getLong(sector, at + PROMISED),
        Fields.getLong(sector, at + ACCEPTED),
        hasInput ? getView(sector, at + INPUT, List.of()) : null,
        getView(sector, at + CHOSEN, limits),
        Fields.getLong(sector, at + COUNTER),
        Fields.getLong(sector, at + NONCE));
  }

  private static void putView(ByteBuffer sector, int at, View view) {
    Fields.putLong(sector, at, view.number());
    sector.put(at + VIEW_PRIMARY, (byte) view.primary());
    sector.put(at + VIEW_MEMBERS, (byte) view.members());
    int flags = (view.completeAtBirth() ? COMPLETE_AT_BIRTH : 0) | (view.clean() ? CLEAN : 0);
    sector.put(at + VIEW_FLAGS, (byte) flags);
    sector.put(at + VIEW_LIMITS, (byte) view.limits().size());
    Fields.putInt(sector, at + VIEW_SHELVES, view.liveShelves());
    Fields.putLong(sector, at + VIEW_INCARNATION_0, view.incarnation0());
    Fields.putLong(sector, at + VIEW_INCARNATION_1, view.incarnation1());
    Fields.putLong(sector, at + VIEW_BASE, view.base());
  }

  private static boolean isView(ByteBuffer sector, int at) {
    int primary = Fields.getUnsignedByte(sector, at + VIEW_PRIMARY);
    return (primary <= 1 || primary == NO_NODE)
        && Fields.getUnsignedByte(sector, at + VIEW_MEMBERS) <= 3
        && Fields.getUnsignedByte(sector, at + VIEW_FLAGS) <= (COMPLETE_AT_BIRTH | CLEAN);
  }

  private static View getView(ByteBuffer sector, int at, List<View.CutLimit> limits) {
    int flags = Fields.getUnsignedByte(sector, at + VIEW_FLAGS);
    return new View(
        Fields.getLong(sector, at),
        sector.get(at + VIEW_PRIMARY),
        Fields.getUnsignedByte(sector, at + VIEW_MEMBERS),
        Fields.getLong(sector, at + VIEW_INCARNATION_0),
        Fields.getLong(sector, at + VIEW_INCARNATION_1),
        Fields.getLong(sector, at + VIEW_BASE),
        (flags & COMPLETE_AT_BIRTH) != 0,
        (flags & CLEAN) != 0,
        Fields.getInt(sector, at + VIEW_SHELVES),
        limits);
  }
}
