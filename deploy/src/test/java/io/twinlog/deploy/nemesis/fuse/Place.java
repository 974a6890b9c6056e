package io.twinlog.deploy.nemesis.fuse;

import io.twinlog.blockdev.log.Layout;

/** What a write to the shared disk is, by where it goes. */
public enum Place {
  /** A block of the device, at its place. */
  DATA,
  /** How far the data area has come. */
  CHECKPOINT,
  /** A ring of the log. */
  RING,
  /** Superblocks and slots. */
  OTHER;

  static Place of(Layout layout, long offsetBytes) {
    if (offsetBytes < layout.deviceBytes()) {
      return DATA;
    }
    if (offsetBytes < layout.checkpointAreaOffset(0) || offsetBytes >= endOfRings(layout)) {
      return OTHER;
    }
    return offsetBytes < layout.ringOffset(0) ? CHECKPOINT : RING;
  }

  private static long endOfRings(Layout layout) {
    return layout.ringOffset(1) + layout.ringBytes();
  }
}
