package io.twinlog.deploy.nemesis.fuse;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;

/** What a write to a shelf is, by where it goes. */
public enum Place {
  /** A block of the device, at its place. */
  DATA,
  /** How far the data area has come. */
  CHECKPOINT,
  /** A ring of the log. */
  RING,
  /** Superblocks and slots. */
  OTHER;

  /**
   * Of what is written to a shelf.
   *
   * @param shelf from 0
   */
  static Place of(Stagger stagger, int shelf, long shelfOffset) {
    Layout layout = stagger.layout();
    long offset = logicalOffset(stagger, shelf, shelfOffset);
    if (offset < layout.deviceBytes()) {
      return DATA;
    }
    if (offset < layout.checkpointAreaOffset(0) || offset >= endOfRings(layout)) {
      return OTHER;
    }
    return offset < layout.ringOffset(0) ? CHECKPOINT : RING;
  }

  /** Where in the layout that lies what is there on the shelf. */
  private static long logicalOffset(Stagger stagger, int shelf, long shelfOffset) {
    if (stagger.isSingle()) {
      return shelfOffset;
    }
    if (shelfOffset >= stagger.chunkAreaBytes()) {
      long offset = shelfOffset - stagger.placeOnEvery(0);
      // Behind what every shelf has is its main superblock.
      return offset < stagger.layout().ringOffset(0) ? offset : endOfRings(stagger.layout());
    }
    long copy = shelfOffset / stagger.chunkBytes();
    long column = Math.floorMod(shelf - copy % 2, stagger.shelves());
    long chunk = copy / 2 * stagger.shelves() + column;
    return chunk * stagger.chunkBytes() + shelfOffset % stagger.chunkBytes();
  }

  private static long endOfRings(Layout layout) {
    return layout.ringOffset(1) + layout.ringBytes();
  }
}
