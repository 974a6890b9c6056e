package io.twinlog.blockdev.log;

import io.twinlog.blockdev.shelf.AlignedBuffers;
import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/** Reads what a backing holds, blocking, for the offline tools. Never writes. */
final class BackingReader {

  private final Superblock superblock;
  private final Layout layout;
  private final BackingReads io;
  private final CRC32C checksum = new CRC32C();
  private final ByteBuffer buffer = AlignedBuffers.allocate(RingScanner.MAX_READ_BYTES);

  BackingReader(Shelf shelf, Superblock superblock) throws IOException {
    this(List.of(shelf), superblock);
  }

  /** {@code shelves} in their order; null for one that cannot be used. */
  BackingReader(List<Shelf> shelves, Superblock superblock) throws IOException {
    this.superblock = superblock;
    this.layout = superblock.layout();
    this.io = new BackingReads(shelves, superblock);
  }

  /** A node's slot area or checkpoint area: its newest record, null when there is none. */
  record Area<T>(T latest, List<Integer> damagedSectors) {}

  Area<SlotRecord> slots(int node) throws IOException {
    read("slots", layout.slotAreaOffset(node), layout.slotAreaBytes());
    return new Area<>(SlotArea.latest(buffer, node), SlotArea.damaged(buffer, node));
  }

  Area<CheckpointRecord> checkpoints(int node) throws IOException {
    read("checkpoints", layout.checkpointAreaOffset(node), layout.checkpointAreaBytes());
    return new Area<>(CheckpointArea.latest(buffer, node), CheckpointArea.damaged(buffer, node));
  }

  RingContents ring(CheckpointRecord checkpoint) throws IOException {
    CopyScanner scanner =
        new CopyScanner(io.stagger(), superblock.resource(), checkpoint, io.readable(), io.trust());
    for (ReadRequest next = scanner.next(); next != null; next = scanner.next()) {
      read("ring", next.offsetBytes(), next.lengthBytes());
      scanner.feed(buffer);
    }
    return scanner.contents();
  }

  /**
   * Puts the newest contents of consecutive blocks into {@code target}, from its position to its
   * limit: first as the data area has them, then what the rings have over it.
   *
   * @param target aligned to 4096 bytes, as is every size; its position stays
   */
  void contents(NewestContents newest, int firstBlock, ByteBuffer target) throws IOException {
    int start = target.position();
    int blocks = target.remaining() / Layout.BLOCK_BYTES;
    io.read("data area", (long) firstBlock * Layout.BLOCK_BYTES, target);
    for (int i = 0; i < blocks; ) {
      int block = firstBlock + i;
      int at = start + i * Layout.BLOCK_BYTES;
      if (newest.isInDataArea(block)) {
        i++;
      } else if (newest.isZero(block)) {
        Fields.clear(target, at, at + Layout.BLOCK_BYTES);
        i++;
      } else {
        int count = adjacent(newest, block, blocks - i);
        long position = newest.ringPosition(block);
        long bytes = (long) count * Layout.BLOCK_BYTES;
        for (Layout.Span span : layout.ringSpans(newest.ringNode(block), position, bytes)) {
          int length = (int) span.lengthBytes();
          io.read("logged blocks", span.offsetBytes(), target.slice(at, length));
          at += length;
        }
        check(newest, block, count, target, start + i * Layout.BLOCK_BYTES);
        i += count;
      }
    }
  }

  /** They were whole when the ring was scanned, and may not be any more. */
  private void check(NewestContents newest, int first, int count, ByteBuffer target, int start)
      throws IOException {
    for (int i = 0; i < count; i++) {
      int at = start + i * Layout.BLOCK_BYTES;
      int found = Fields.crc32c(checksum, target, at, at + Layout.BLOCK_BYTES);
      if (found != newest.checksum(first + i)) {
        throw new IOException("block %d in the log is damaged".formatted(first + i));
      }
    }
  }

  /** How many blocks from this one on lie one behind the other in the same ring. */
  private static int adjacent(NewestContents newest, int block, int most) {
    int count = 1;
    while (count < most
        && newest.ringNode(block + count) == newest.ringNode(block)
        && !newest.isZero(block + count)
        && newest.ringPosition(block + count)
            == newest.ringPosition(block) + (long) count * Layout.BLOCK_BYTES) {
      count++;
    }
    return count;
  }

  private void read(String name, long offset, int length) throws IOException {
    io.read(name, offset, buffer.clear().limit(length));
  }
}
