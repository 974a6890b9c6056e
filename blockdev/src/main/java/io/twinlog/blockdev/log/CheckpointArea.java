package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads a node's checkpoint area: {@link Layout#CHECKPOINT_SECTORS} sectors, of which the newest
 * counts.
 */
public final class CheckpointArea {

  private static final SectorArea<CheckpointRecord> AREA =
      new SectorArea<>(
          Layout.CHECKPOINT_SECTORS,
          CheckpointCodec::decode,
          CheckpointRecord::node,
          CheckpointRecord::sequence);

  private CheckpointArea() {}

  /**
   * The node's undamaged record with the greatest sequence number, or null when there is none. The
   * buffer's remaining bytes are the area; position and limit stay.
   */
  public static CheckpointRecord latest(ByteBuffer area, int node) {
    return AREA.latest(area, node);
  }

  /** Indices of the sectors that hold something which is no record of this node. */
  public static List<Integer> damaged(ByteBuffer area, int node) {
    return AREA.damaged(area, node);
  }
}
