package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.BackingRefusedException.Reason;
import io.twinlog.blockdev.log.SuperblockCodec.Absent;
import io.twinlog.blockdev.log.SuperblockCodec.Reading;
import io.twinlog.blockdev.shelf.AlignedBuffers;
import io.twinlog.blockdev.shelf.BlockingShelf;
import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Formats a shelf, and opens a formatted one (design, section 4). Blocks: for commands and for the
 * start of a node, never on an event loop.
 *
 * <p>The data area is left as it is. So a new file is a device of zeros, and a shelf that has been
 * used without Twinlog goes on with its content.
 */
public final class BackingFormat {

  private static final int CHUNK_BYTES = 1 << 20;

  private final Shelf shelf;
  private final BlockingShelf io;
  private final NewBacking backing;
  private final Layout layout;
  private final ByteBuffer buffer = AlignedBuffers.allocate(CHUNK_BYTES);

  private BackingFormat(Shelf shelf, NewBacking backing) {
    this.shelf = shelf;
    this.io = new BlockingShelf(shelf);
    this.backing = backing;
    this.layout = backing.layout();
  }

  /**
   * Formats the shelf: view 1 without members, everything on the backing, write number 0.
   * Superblocks are written last, so that a shelf is a backing only when all of it is there.
   *
   * @param force also when the shelf is in use; what it holds beside the data area is lost
   * @throws BackingRefusedException when it is in use or too small; then nothing was written
   */
  public static Superblock create(Shelf shelf, NewBacking backing, boolean force)
      throws IOException {
    return new BackingFormat(shelf, backing).create(force);
  }

  /**
   * The superblock of a formatted shelf, when it and its copy are intact and as expected. Never
   * writes.
   *
   * @throws BackingRefusedException when the shelf is not to be used
   */
  public static Superblock open(Shelf shelf, ExpectedBacking expected) throws IOException {
    return new BackingOpening(shelf, expected).open();
  }

  private Superblock create(boolean force) throws IOException {
    long shelfBytes = shelf.sizeBytes();
    if (shelfBytes < layout.totalBytes()) {
      throw refusal(
          Reason.TOO_SMALL,
          "has %d bytes; a device of %d bytes needs %d"
              .formatted(shelfBytes, layout.deviceBytes(), layout.totalBytes()));
    }
    if (shelf.sectorBytes() > layout.sectorBytes()) {
      throw refusal(
          Reason.OTHER_SECTORS,
          "has sectors of %d bytes, more than the %d asked for"
              .formatted(shelf.sectorBytes(), layout.sectorBytes()));
    }
    long mainOffset = Layout.superblockOffset(shelfBytes);
    if (!force) {
      refuseIfUsed(mainOffset);
    }
    Superblock superblock =
        new Superblock(
            backing.resource(),
            backing.resourceName(),
            layout,
            backing.nodeNames(),
            0,
            1,
            shelfBytes,
            backing.created());

    // An old superblock goes first: a crash in between leaves no backing rather than a mixed one.
    zero(mainOffset, mainOffset + Layout.BLOCK_BYTES);
    zero(layout.superblockCopyOffset(), layout.ringOffset(0));
    for (int node = 0; node < 2; node++) {
      SlotRecord slot = new SlotRecord(node, 1, 0, 1, 0, 0, null, firstView(), 0, 0);
      SlotCodec.encode(slot, buffer.clear().limit(layout.sectorBytes()));
      write("first slot", layout.slotOffset(node, 1));
      CheckpointRecord checkpoint = new CheckpointRecord(node, 1, 0, 1, 0, 1, 0);
      CheckpointCodec.encode(checkpoint, buffer.clear().limit(layout.sectorBytes()));
      write("first checkpoint", layout.checkpointOffset(node, 1));
    }
    SuperblockCodec.encode(superblock, buffer.clear());
    write("superblock copy", layout.superblockCopyOffset());
    write("superblock", mainOffset);
    return superblock;
  }

  private static View firstView() {
    return new View(1, View.NO_NODE, 0, 0, 0, 0, true, true, 1, List.of());
  }

  private void refuseIfUsed(long mainOffset) throws IOException {
    for (long offset : new long[] {mainOffset, layout.superblockCopyOffset()}) {
      read("superblock", offset, Layout.BLOCK_BYTES);
      Reading reading = SuperblockCodec.decode(buffer);
      if (!(reading instanceof Absent)) {
        throw refusal(
            Reason.IN_USE,
            (reading instanceof SuperblockCodec.Intact intact
                    ? "is the backing of resource " + intact.superblock().resourceName()
                    : "has been a backing of Twinlog")
                + "; create --force discards its log and forgets what is not in its data area");
      }
    }
    int probeBytes = (int) Math.min(CHUNK_BYTES, mainOffset);
    read("beginning", 0, probeBytes);
    String content = ForeignContent.describe(buffer);
    if (content != null) {
      throw refusal(Reason.IN_USE, "looks like " + content + "; create --force overwrites its end");
    }
    boolean empty = Fields.isZero(buffer, 0, probeBytes);
    read("end", mainOffset + Layout.BLOCK_BYTES - probeBytes, probeBytes);
    if (!empty || !Fields.isZero(buffer, 0, probeBytes)) {
      throw refusal(Reason.IN_USE, "is not empty; create --force overwrites its end");
    }
  }

  private void zero(long from, long to) throws IOException {
    Fields.clear(buffer.clear(), 0, CHUNK_BYTES);
    for (long offset = from; offset < to; offset += CHUNK_BYTES) {
      buffer.clear().limit((int) Math.min(CHUNK_BYTES, to - offset));
      write("metadata", offset);
    }
  }

  private void read(String name, long offset, int length) throws IOException {
    io.read("create: read " + name, offset, buffer.clear().limit(length));
  }

  /** Writes the buffer's remaining bytes durably. */
  private void write(String name, long offset) throws IOException {
    io.writeDurably("create: write " + name, offset, buffer);
  }

  private BackingRefusedException refusal(Reason reason, String why) {
    return new BackingRefusedException(reason, "shelf " + shelf.name() + " " + why);
  }
}
