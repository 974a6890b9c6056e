package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.List;

/** Reads a node's slot area: {@link Layout#SLOT_SECTORS} sectors, of which the newest counts. */
public final class SlotArea {

  private static final SectorArea<SlotRecord> AREA =
      new SectorArea<>(
          Layout.SLOT_SECTORS, SlotCodec::decode, SlotRecord::node, SlotRecord::sequence);

  private SlotArea() {}

  /**
   * The node's undamaged record with the greatest sequence number, or null when there is none. The
   * buffer's remaining bytes are the area; position and limit stay.
   */
  public static SlotRecord latest(ByteBuffer area, int node) {
    return AREA.latest(area, node);
  }

  /**
   * The node's undamaged record in each sector, null where there is none; one with sequence number
   * s is in sector s mod {@link Layout#SLOT_SECTORS}. The buffer is as for {@link
   * #latest(ByteBuffer, int)}.
   */
  public static List<SlotRecord> records(ByteBuffer area, int node) {
    return AREA.records(area, node);
  }

  /** Of these the record with the greatest sequence number, or null when there is none. */
  public static SlotRecord latest(List<SlotRecord> records) {
    return AREA.latest(records);
  }

  /** Indices of the sectors that hold something which is no record of this node. */
  public static List<Integer> damaged(ByteBuffer area, int node) {
    return AREA.damaged(area, node);
  }
}
