package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.zip.CRC32C;

/**
 * The write-intent bitmap of staggered shelves (design, section 4): the parts of the data area that
 * were, or may have been, written while a shelf was stale. As MD's, a mark is durable before what
 * it stands for counts, and is cleared lazily, when no shelf is stale any more.
 *
 * <p>Each node has one record of 4096 bytes; of the two, that of the later view counts alone, so a
 * primary takes over what is marked before it writes its own. Big-endian:
 *
 * <pre>
 *    0    4  magic
 *    4    2  format version, 1
 *    6    1  node, 0 or 1
 *    7    1  zero
 *    8    8  view
 *   16    8  sequence: grows with every write
 *   24    8  bytes of the data area that one mark stands for
 *   32 4060  marks, lowest bit of the first byte first
 * 4092    4  CRC32C of bytes 0 to 4091
 * </pre>
 *
 * @param node whose record it is
 * @param view the view that its writer was primary of
 * @param sequence grows by one with every write of the record
 * @param granuleBytes bytes of the data area that one mark stands for
 * @param marks not to be changed
 */
public record MissedChunks(int node, long view, long sequence, long granuleBytes, BitSet marks) {

  public static final int BYTES = Layout.BLOCK_BYTES;

  private static final int MAGIC = 0x54574D43; // "TWMC"
  private static final int VERSION = 1;
  private static final int VERSION_AT = 4;
  private static final int NODE_AT = 6;
  private static final int VIEW_AT = 8;
  private static final int SEQUENCE_AT = 16;
  private static final int GRANULE_AT = 24;
  private static final int MARKS_AT = 32;
  private static final int CRC_AT = BYTES - Integer.BYTES;
  private static final long MAX_MARKS = 8L * (CRC_AT - MARKS_AT);

  /** What one mark stands for: a chunk, or as many as it takes for the marks to fit a record. */
  public static long granuleBytes(Stagger stagger) {
    long granule = stagger.chunkBytes();
    while ((stagger.layout().deviceBytes() + granule - 1) / granule > MAX_MARKS) {
      granule *= 2;
    }
    return granule;
  }

  /** Where the node's record is, logically. */
  public static long offset(Layout layout, int node) {
    return layout.bitmapOffset() + node * (layout.bitmapBytes() / 2);
  }

  /** Fills the buffer's first {@link #BYTES} bytes; position 0 and limit there afterwards. */
  public void encode(ByteBuffer block) {
    block.clear().limit(BYTES);
    Fields.clear(block, 0, BYTES);
    Fields.putInt(block, 0, MAGIC);
    Fields.putShort(block, VERSION_AT, VERSION);
    block.put(NODE_AT, (byte) node);
    Fields.putLong(block, VIEW_AT, view);
    Fields.putLong(block, SEQUENCE_AT, sequence);
    Fields.putLong(block, GRANULE_AT, granuleBytes);
    byte[] bytes = marks.toByteArray();
    block.put(MARKS_AT, bytes);
    Fields.putInt(block, CRC_AT, Fields.crc32c(new CRC32C(), block, 0, CRC_AT));
  }

  /** The record at the buffer's beginning; null when there is no undamaged one of the node. */
  public static MissedChunks decode(ByteBuffer block, int node) {
    if (Fields.getInt(block, 0) != MAGIC
        || Fields.getUnsignedShort(block, VERSION_AT) != VERSION
        || Fields.getUnsignedByte(block, NODE_AT) != node
        || Fields.getInt(block, CRC_AT) != Fields.crc32c(new CRC32C(), block, 0, CRC_AT)) {
      return null;
    }
    return new MissedChunks(
        node,
        Fields.getLong(block, VIEW_AT),
        Fields.getLong(block, SEQUENCE_AT),
        Fields.getLong(block, GRANULE_AT),
        BitSet.valueOf(block.slice(MARKS_AT, CRC_AT - MARKS_AT)));
  }
}
