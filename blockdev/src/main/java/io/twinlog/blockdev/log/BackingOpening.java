package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.BackingRefusedException.Reason;
import io.twinlog.blockdev.log.SuperblockCodec.Absent;
import io.twinlog.blockdev.log.SuperblockCodec.Damaged;
import io.twinlog.blockdev.log.SuperblockCodec.Intact;
import io.twinlog.blockdev.log.SuperblockCodec.NewerFormat;
import io.twinlog.blockdev.log.SuperblockCodec.Reading;
import io.twinlog.blockdev.shelf.AlignedBuffers;
import io.twinlog.blockdev.shelf.BlockingShelf;
import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads the superblocks of a shelf and decides whether it is the one that the configuration means
 * (design, section 4: "A foreign, damaged, truncated or newer-format superblock is refused"). Never
 * writes.
 */
final class BackingOpening {

  private final Shelf shelf;
  private final BlockingShelf io;
  private final ExpectedBacking expected;
  private final ByteBuffer buffer = AlignedBuffers.allocate(ForeignContent.PROBE_BYTES);

  BackingOpening(Shelf shelf, ExpectedBacking expected) {
    this.shelf = shelf;
    this.io = new BlockingShelf(shelf);
    this.expected = expected;
  }

  Superblock open() throws IOException {
    long shelfBytes = shelf.sizeBytes();
    long mainOffset = Layout.superblockOffset(shelfBytes);
    Reading main = read(mainOffset, shelfBytes);
    if (main instanceof Intact intact) {
      Superblock superblock = intact.superblock();
      requireExpected(superblock);
      requireShelfSize(superblock, shelfBytes);
      long copyOffset =
          superblock.stagger().placeOnEvery(superblock.layout().superblockCopyOffset());
      requireSame(superblock, copyOffset, mainOffset, shelfBytes);
      return superblock;
    }
    if (main instanceof NewerFormat newer) {
      throw newerFormat(newer);
    }
    throw judgeByCopy(main, mainOffset, shelfBytes);
  }

  private void requireExpected(Superblock superblock) throws BackingRefusedException {
    if (!superblock.resourceName().equals(expected.resourceName())
        || (expected.resource() != null && !superblock.resource().equals(expected.resource()))) {
      throw refusal(
          Reason.OTHER_RESOURCE,
          "is the backing of resource %s (%s), not of %s%s: correct the configuration's shelves"
              .formatted(
                  superblock.resourceName(),
                  superblock.resource(),
                  expected.resourceName(),
                  expected.resource() == null ? "" : " (" + expected.resource() + ")"));
    }
    if (superblock.shelfCount() != expected.shelfCount()
        || superblock.shelfIndex() != expected.shelfIndex()) {
      throw refusal(
          Reason.OTHER_SHELF,
          "is shelf %d of %d, the configuration has it as shelf %d of %d: restore their order"
              .formatted(
                  superblock.shelfIndex() + 1,
                  superblock.shelfCount(),
                  expected.shelfIndex() + 1,
                  expected.shelfCount()));
    }
    long deviceBytes = superblock.layout().deviceBytes();
    if (deviceBytes != expected.deviceBytes()) {
      throw refusal(
          Reason.OTHER_SIZE,
          "was formatted for a device of %d bytes, the configuration says %d: set size = %d"
              .formatted(deviceBytes, expected.deviceBytes(), deviceBytes));
    }
    if (!superblock.nodeNames().equals(expected.nodeNames())) {
      throw refusal(
          Reason.OTHER_NODES,
          "was formatted for nodes %s, the configuration says %s: restore their names and order"
              .formatted(superblock.nodeNames(), expected.nodeNames()));
    }
    if (shelf.sectorBytes() > superblock.layout().sectorBytes()) {
      throw refusal(
          Reason.OTHER_SECTORS,
          "was formatted for sectors of %d bytes and has sectors of %d: use a shelf with smaller ones"
              .formatted(superblock.layout().sectorBytes(), shelf.sectorBytes()));
    }
  }

  private void requireShelfSize(Superblock superblock, long shelfBytes)
      throws BackingRefusedException {
    long formatted = superblock.shelfBytes();
    if (shelfBytes < formatted) {
      throw refusal(
          Reason.TRUNCATED,
          "is truncated: its superblock says %d bytes, it has %d: restore what was cut off"
              .formatted(formatted, shelfBytes));
    }
    if (shelfBytes > formatted) {
      throw refusal(
          Reason.GROWN,
          "has grown: its superblock says %d bytes, it has %d: make it %d bytes again"
              .formatted(formatted, shelfBytes, formatted));
    }
  }

  private void requireSame(
      Superblock superblock, long otherOffset, long intactOffset, long shelfBytes)
      throws IOException {
    if (!(read(otherOffset, shelfBytes) instanceof Intact other)
        || !other.superblock().equals(superblock)) {
      throw damaged("copy of its superblock", otherOffset, intactOffset);
    }
  }

  /** Without an intact main superblock the copy may tell what has happened to the shelf. */
  private BackingRefusedException judgeByCopy(Reading main, long mainOffset, long shelfBytes)
      throws IOException {
    long copyOffset = expected.deviceBytes();
    Reading copy = read(copyOffset, shelfBytes);
    if (copy instanceof Intact intact) {
      requireExpected(intact.superblock());
      requireShelfSize(intact.superblock(), shelfBytes);
      return damaged("superblock", mainOffset, copyOffset);
    }
    if (copy instanceof NewerFormat newer) {
      return newerFormat(newer);
    }
    if (main instanceof Damaged damaged) {
      return bothDamaged(damaged);
    }
    if (copy instanceof Damaged damaged) {
      return bothDamaged(damaged);
    }
    return notABacking(
        main instanceof Absent first && first.blank(),
        copy instanceof Absent second && second.blank());
  }

  private BackingRefusedException notABacking(boolean mainBlank, boolean copyBlank)
      throws IOException {
    int probeBytes =
        (int)
            Math.min(
                buffer.capacity(), shelf.sizeBytes() / Layout.BLOCK_BYTES * Layout.BLOCK_BYTES);
    String content = null;
    if (probeBytes > 0) {
      io.read("open: probe", 0, buffer.clear().limit(probeBytes));
      content = ForeignContent.describe(buffer);
    }
    if (content == null && mainBlank && copyBlank) {
      return refusal(
          Reason.BLANK,
          "has no superblock: twinlog create " + expected.resourceName() + " formats it");
    }
    return refusal(
        Reason.FOREIGN,
        "is not a backing of Twinlog%s: correct the configuration's shelves, or format it with twinlog"
                .formatted(content == null ? "" : ", it looks like " + content)
            + " create "
            + expected.resourceName());
  }

  private BackingRefusedException damaged(String what, long damagedOffset, long intactOffset) {
    return refusal(
        Reason.DAMAGED,
        "is damaged: the %s at byte %d is not intact, the other one at byte %d is. Find out what"
                .formatted(what, damagedOffset, intactOffset)
            + " wrote there; then copy block %d over block %d (4096 bytes each)"
                .formatted(intactOffset / Layout.BLOCK_BYTES, damagedOffset / Layout.BLOCK_BYTES));
  }

  private BackingRefusedException bothDamaged(Damaged damaged) {
    return refusal(
        Reason.DAMAGED,
        "is damaged: it has no intact superblock (%s): restore the shelf, or give its log up with"
                .formatted(damaged.why())
            + " twinlog create --force "
            + expected.resourceName());
  }

  private BackingRefusedException newerFormat(NewerFormat newer) {
    return refusal(
        Reason.NEWER_FORMAT,
        "has format version %s, this program knows version %d: use a newer Twinlog"
            .formatted(Integer.toUnsignedString(newer.version()), SuperblockCodec.FORMAT_VERSION));
  }

  /** What is at the offset; outside the shelf, nothing. */
  private Reading read(long offset, long shelfBytes) throws IOException {
    if (offset < 0 || offset + SuperblockCodec.BYTES > shelfBytes) {
      return new Absent(true);
    }
    io.read("open: superblock", offset, buffer.clear().limit(SuperblockCodec.BYTES));
    return SuperblockCodec.decode(buffer);
  }

  private BackingRefusedException refusal(Reason reason, String why) {
    return new BackingRefusedException(reason, "shelf " + shelf.name() + " " + why);
  }
}
