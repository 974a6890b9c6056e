package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.BackingRefusedException.Reason;
import io.twinlog.blockdev.log.SuperblockCodec.Absent;
import io.twinlog.blockdev.log.SuperblockCodec.Reading;
import io.twinlog.blockdev.shelf.AlignedBuffers;
import io.twinlog.blockdev.shelf.BlockingShelf;
import io.twinlog.blockdev.shelf.ReservableShelf;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfReservedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
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
  private final Stagger stagger;
  private final int index;

  /** What an operator says to have a used shelf taken. */
  private final String forcing;

  private final ByteBuffer buffer = AlignedBuffers.allocate(CHUNK_BYTES);

  private BackingFormat(Shelf shelf, int index, NewBacking backing, String forcing) {
    this.forcing = forcing;
    this.index = index;
    this.stagger = backing.stagger();
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
    return create(List.of(shelf), backing, force);
  }

  /**
   * Formats all shelves of a backing. Each is looked at before any is written.
   *
   * @param shelves in their order, as many as the backing has
   */
  public static Superblock create(List<Shelf> shelves, NewBacking backing, boolean force)
      throws IOException {
    List<BackingFormat> formats = new ArrayList<>();
    for (int index = 0; index < shelves.size(); index++) {
      BackingFormat format =
          new BackingFormat(shelves.get(index), index, backing, "create --force");
      format.refuseUnfit(force);
      formats.add(format);
    }
    Superblock first = null;
    for (BackingFormat format : formats) {
      Superblock superblock = format.label(0, true);
      first = first == null ? superblock : first;
    }
    return first;
  }

  /**
   * Gives a new medium the label of a shelf that it is to replace. Slots and checkpoint records are
   * empty: it has a voice only when both nodes have written theirs. A medium that bears the shelf's
   * label already is labelled anew.
   *
   * @param label of any shelf of the backing
   * @param medium its number, see {@link LiveShelves}
   * @param force also when the medium holds something else, which is lost; never another shelf of
   *     the same backing
   * @throws BackingRefusedException when it is in use or too small; then nothing was written
   */
  static void replace(Shelf shelf, Superblock label, int index, int medium, boolean force)
      throws IOException {
    NewBacking backing =
        new NewBacking(
            label.resource(),
            label.resourceName(),
            label.stagger(),
            label.nodeNames(),
            label.created());
    BackingFormat format = new BackingFormat(shelf, index, backing, "shelf replace --force");
    format.refuseUnfit(format.bearsLabel() || force);
    format.label(medium, false);
  }

  /**
   * As {@link #open}, for a node that has nothing under way on the shelf: where it is kept out, it
   * lets itself in, which shows whoever keeps it out that it has nothing under way.
   */
  public static Superblock join(Shelf shelf, ExpectedBacking expected) throws IOException {
    try {
      return open(shelf, expected);
    } catch (ShelfReservedException e) {
      if (!(shelf instanceof ReservableShelf reservable)) {
        throw e;
      }
      BlockingShelf.reserve(reservable, ReservableShelf.Command.JOIN);
      return open(shelf, expected);
    }
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

  private void refuseUnfit(boolean force) throws IOException {
    long shelfBytes = shelf.sizeBytes();
    if (shelfBytes < stagger.shelfBytes()) {
      throw refusal(
          Reason.TOO_SMALL,
          "has %d bytes; a device of %d bytes needs %d"
              .formatted(shelfBytes, layout.deviceBytes(), stagger.shelfBytes()));
    }
    if (shelf.sectorBytes() > layout.sectorBytes()) {
      throw refusal(
          Reason.OTHER_SECTORS,
          "has sectors of %d bytes, more than the %d asked for"
              .formatted(shelf.sectorBytes(), layout.sectorBytes()));
    }
    if (!force) {
      refuseIfUsed(Layout.superblockOffset(shelfBytes));
    }
  }

  /** Whether it is this very shelf; another one of the same backing is refused. */
  private boolean bearsLabel() throws IOException {
    long mainOffset = Layout.superblockOffset(shelf.sizeBytes());
    read("superblock", mainOffset, Layout.BLOCK_BYTES);
    if (!(SuperblockCodec.decode(buffer) instanceof SuperblockCodec.Intact intact)
        || !intact.superblock().resource().equals(backing.resource())) {
      return false;
    }
    if (intact.superblock().shelfIndex() != index) {
      throw refusal(
          Reason.IN_USE,
          "is shelf %d of this backing: correct the configuration's shelves"
              .formatted(intact.superblock().shelfIndex() + 1));
    }
    return true;
  }

  /** Writes everything but the contents of the data area. */
  private Superblock label(int medium, boolean first) throws IOException {
    long shelfBytes = shelf.sizeBytes();
    long mainOffset = Layout.superblockOffset(shelfBytes);
    Superblock superblock = backing.label(index, medium, shelfBytes);

    // An old superblock goes first: a crash in between leaves no backing rather than a mixed one.
    zero(mainOffset, mainOffset + Layout.BLOCK_BYTES);
    zero(
        stagger.placeOnEvery(layout.superblockCopyOffset()),
        stagger.placeOnEvery(layout.superblockCopyOffset())
            + layout.ringOffset(0)
            - layout.superblockCopyOffset());
    for (int node = 0; first && node < 2; node++) {
      SlotRecord slot = new SlotRecord(node, 1, 0, 1, 0, 0, null, firstView(), 0, 0);
      SlotCodec.encode(slot, buffer.clear().limit(layout.sectorBytes()));
      write("first slot", stagger.placeOnEvery(layout.slotOffset(node, 1)));
      CheckpointRecord checkpoint = new CheckpointRecord(node, 1, 0, 1, 0, 1, 0);
      CheckpointCodec.encode(checkpoint, buffer.clear().limit(layout.sectorBytes()));
      write("first checkpoint", stagger.placeOnEvery(layout.checkpointOffset(node, 1)));
    }
    SuperblockCodec.encode(superblock, buffer.clear());
    write("superblock copy", stagger.placeOnEvery(layout.superblockCopyOffset()));
    write("superblock", mainOffset);
    return superblock;
  }

  private View firstView() {
    return new View(1, View.NO_NODE, 0, 0, 0, 0, true, true, stagger.all(), List.of());
  }

  private void refuseIfUsed(long mainOffset) throws IOException {
    long copyOffset = stagger.placeOnEvery(layout.superblockCopyOffset());
    for (long offset : new long[] {mainOffset, copyOffset}) {
      read("superblock", offset, Layout.BLOCK_BYTES);
      Reading reading = SuperblockCodec.decode(buffer);
      if (!(reading instanceof Absent)) {
        throw refusal(
            Reason.IN_USE,
            (reading instanceof SuperblockCodec.Intact intact
                    ? "is the backing of resource " + intact.superblock().resourceName()
                    : "has been a backing of Twinlog")
                + "; "
                + forcing
                + " discards its log and forgets what is not in its data area");
      }
    }
    int probeBytes = (int) Math.min(CHUNK_BYTES, mainOffset);
    read("beginning", 0, probeBytes);
    String content = ForeignContent.describe(buffer);
    if (content != null) {
      throw refusal(
          Reason.IN_USE, "looks like " + content + "; " + forcing + " overwrites its end");
    }
    boolean empty = Fields.isZero(buffer, 0, probeBytes);
    read("end", mainOffset + Layout.BLOCK_BYTES - probeBytes, probeBytes);
    if (!empty || !Fields.isZero(buffer, 0, probeBytes)) {
      throw refusal(Reason.IN_USE, "is not empty; " + forcing + " overwrites its end");
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
