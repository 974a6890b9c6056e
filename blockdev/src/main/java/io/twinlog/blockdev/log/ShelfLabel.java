package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.SuperblockCodec.Intact;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The label of one of several shelves as it is read again while the shelf is in use: the copy of
 * its superblock, {@link Layout#superblockCopyOffset}.
 */
public final class ShelfLabel {

  /** Size in bytes. */
  public static final int BYTES = SuperblockCodec.BYTES;

  /** No label, or that of another shelf. */
  public static final int NONE = -1;

  private ShelfLabel() {}

  /**
   * Which medium the label is of, 0 to 7; {@link #NONE} when it is not the one of this shelf.
   *
   * @param block its first {@link #BYTES} bytes are looked at; position and limit stay
   * @param shelf from 0
   */
  public static int medium(ByteBuffer block, UUID resource, int shelf) {
    return SuperblockCodec.decode(block.slice(0, BYTES)) instanceof Intact intact
            && intact.superblock().resource().equals(resource)
            && intact.superblock().shelfIndex() == shelf
        ? intact.superblock().medium()
        : NONE;
  }

  /** Fills the buffer's first {@link #BYTES} bytes; position 0 and limit there afterwards. */
  public static void encode(Superblock superblock, ByteBuffer block) {
    SuperblockCodec.encode(superblock, block);
  }
}
