package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.ShelfLabel;
import io.twinlog.blockdev.log.SlotCodec;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.shelf.IoBuffers;
import io.twinlog.blockdev.shelf.IoChain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What shows that a shelf is still the medium that it was when it was opened: its label, and the
 * records that this process has written to its own slot there. Nothing that is read from a shelf
 * counts unless both are read after it; so a medium that was exchanged, emptied or rolled back
 * under a node's hands is noticed before anything on it is believed.
 */
final class ShelfEvidence {
  private final Shelves shelves;
  private final Stagger stagger;
  private final Layout layout;
  private final Replica replica;
  private final int shelf;
  private final IoBuffers buffers;

  /** The own sequence that each sector has last taken from this process. */
  private final long[] written = new long[Layout.SLOT_SECTORS];

  /** How often the shelf became another one. */
  private long media;

  ShelfEvidence(Shelves shelves, Replica replica, int shelf, int count) {
    this.shelves = shelves;
    this.stagger = shelves.stagger();
    this.layout = stagger.layout();
    this.replica = replica;
    this.shelf = shelf;
    this.buffers = new IoBuffers(count, bytes());
  }

  private int bytes() {
    return ShelfLabel.BYTES + 2 * layout.slotAreaBytes();
  }

  /** The shelf is another one than before, and holds nothing of this process. */
  void forget() {
    Arrays.fill(written, 0);
    media++;
  }

  long media() {
    return media;
  }

  /** A record of the own slot is durable there, unless it is another shelf since. */
  void noteWritten(long sequence, long ofMedia) {
    if (ofMedia == media) {
      written[(int) (sequence % Layout.SLOT_SECTORS)] = sequence;
    }
  }

  /** A buffer for one look at a time that must not wait; null when all are in use. */
  Look lookIfFree() {
    ByteBuffer buffer = buffers.acquire(bytes());
    return buffer == null ? null : new Look(buffer, true);
  }

  Look look() {
    Look look = lookIfFree();
    return look != null ? look : new Look(shelves.newBuffer(bytes()), false);
  }

  /** One look at the evidence. It has to be closed. */
  final class Look {
    private final ByteBuffer buffer;
    private final boolean pooled;
    private final long[] floor = written.clone();
    private final long ofMedia = media;
    private final int medium = shelves.shelfMedium(shelf);

    private Look(ByteBuffer buffer, boolean pooled) {
      this.buffer = buffer;
      this.pooled = pooled;
    }

    /** To be carried out after the reads that it is evidence for. */
    IoChain.Step read() {
      return new IoChain.Read(stagger.placeOnEvery(layout.superblockCopyOffset()), buffer);
    }

    /** The node's slot area as it was read. */
    ByteBuffer area(int node) {
      int area = layout.slotAreaBytes();
      return buffer.slice(ShelfLabel.BYTES + node * area, area);
    }

    /** Why the shelf is not what it was, or null; given what the reads ended with. */
    IOException judge(IOException error) {
      if (error != null) {
        return error;
      }
      if (ofMedia != media) {
        return new IOException(Shelves.name(shelf) + " was exchanged meanwhile");
      }
      boolean other =
          ShelfLabel.medium(buffer, replica.config().uuid(), shelf) != medium || lacksWritten();
      return other ? shelves.noteExchanged(shelf) : null;
    }

    /** Every sector that this process has written must still show that, or something newer. */
    private boolean lacksWritten() {
      ByteBuffer own = area(replica.config().node());
      int sectorBytes = layout.sectorBytes();
      for (int sector = 0; sector < floor.length; sector++) {
        SlotRecord record = SlotCodec.decode(own.slice(sector * sectorBytes, sectorBytes));
        if (floor[sector] > 0 && (record == null || record.sequence() < floor[sector])) {
          return true;
        }
      }
      return false;
    }

    void close() {
      if (pooled) {
        buffers.release(buffer);
      }
    }
  }
}
