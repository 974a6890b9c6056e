package io.twinlog.blockdev.log;

/**
 * How a resource lies on its shelves (design, section 4, "Staggered shelves"). The {@link Layout}
 * gives every byte one logical offset; this class says which shelves keep it, and where.
 *
 * <p>One shelf keeps everything at its logical offset. Of two or more, data area and rings are cut
 * into chunks; chunk c has a first copy on shelf c mod n and a second one on shelf (c + 1) mod n.
 * What lies between data area and rings in the layout (superblock copy, slots, bitmaps, checkpoint
 * records) is on every shelf.
 *
 * <pre>
 *   0              first and second copies of chunks, in turn: row c / n, 2 chunks a row
 *   chunkArea      superblock copy, slots, bitmaps, checkpoints: as in the layout
 *   shelf's end    main superblock
 * </pre>
 *
 * <p>Sets of shelves are bit masks: bit i for shelf i.
 *
 * @param layout where everything lies logically
 * @param shelves 1 to {@link #MAX_SHELVES}
 * @param chunkBytes a positive multiple of 4096
 */
public record Stagger(Layout layout, int shelves, int chunkBytes) {

  /** More would leave a majority further from every chunk than is worth it. */
  public static final int MAX_SHELVES = 8;

  /** Small enough for the two pieces of a batch under way to meet different shelves. */
  public static final int DEFAULT_CHUNK_BYTES = 256 << 10;

  /** What an offset of the layout belongs to. */
  public enum Area {
    /** Data area and rings. */
    CHUNKS,
    SUPERBLOCK,
    SLOTS,
    BITMAPS,
    CHECKPOINTS
  }

  public Stagger {
    if (shelves < 1
        || shelves > MAX_SHELVES
        || chunkBytes <= 0
        || chunkBytes % Layout.BLOCK_BYTES != 0) {
      throw new IllegalArgumentException(
          "1 to %d shelves with chunks of a multiple of 4096 bytes, not %d with %d"
              .formatted(MAX_SHELVES, shelves, chunkBytes));
    }
  }

  /** Everything on one shelf. */
  public static Stagger single(Layout layout) {
    return new Stagger(layout, 1, DEFAULT_CHUNK_BYTES);
  }

  public boolean isSingle() {
    return shelves == 1;
  }

  /** How many shelves decide. */
  public int majority() {
    return shelves / 2 + 1;
  }

  /** The set of all shelves. */
  public int all() {
    return (1 << shelves) - 1;
  }

  /** Whether every chunk has a copy on one of these shelves. */
  public boolean covers(int set) {
    for (int shelf = 0; shelf < shelves; shelf++) {
      int pair = 1 << shelf | 1 << (shelf + 1) % shelves;
      if ((set & pair) == 0) {
        return false;
      }
    }
    return true;
  }

  /** What lies at a logical offset. */
  public Area area(long offset) {
    if (offset < layout.superblockCopyOffset() || offset >= layout.ringOffset(0)) {
      return Area.CHUNKS;
    }
    if (offset < layout.slotAreaOffset(0)) {
      return Area.SUPERBLOCK;
    }
    if (offset < layout.bitmapOffset()) {
      return Area.SLOTS;
    }
    return offset < layout.checkpointAreaOffset(0) ? Area.BITMAPS : Area.CHECKPOINTS;
  }

  /** The shelf of a copy, 0 or 1, of the chunk at a logical offset. */
  public int shelfOf(long offset, int copy) {
    return (int) ((offset / chunkBytes + copy) % shelves);
  }

  /** Which copy, 0 or 1, of the chunk at a logical offset the shelf keeps; -1 for none. */
  public int copyOn(int shelf, long offset) {
    if (shelfOf(offset, 0) == shelf) {
      return 0;
    }
    return shelfOf(offset, 1) == shelf ? 1 : -1;
  }

  /** Where on its shelf a copy of what lies at a logical offset is. */
  public long place(long offset, int copy) {
    if (isSingle()) {
      return offset;
    }
    long row = offset / chunkBytes / shelves;
    return (2 * row + copy) * chunkBytes + offset % chunkBytes;
  }

  /** Where the bytes of a chunk end: nothing beyond is next to them on a shelf. */
  public long chunkEnd(long offset) {
    return isSingle() ? Long.MAX_VALUE : (offset / chunkBytes + 1) * chunkBytes;
  }

  /** Where, on every shelf, that lies which every shelf has. */
  public long placeOnEvery(long offset) {
    return isSingle() ? offset : chunkAreaBytes() + offset - layout.superblockCopyOffset();
  }

  /** Size of the first part of each shelf. */
  public long chunkAreaBytes() {
    long chunks = (layout.totalBytes() + chunkBytes - 1) / chunkBytes;
    long rows = (chunks + shelves - 1) / shelves;
    return 2 * rows * chunkBytes;
  }

  /** How large each shelf must be. */
  public long shelfBytes() {
    return isSingle()
        ? layout.totalBytes()
        : placeOnEvery(layout.ringOffset(0)) + Layout.BLOCK_BYTES;
  }
}
