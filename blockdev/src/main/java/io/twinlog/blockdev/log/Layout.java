package io.twinlog.blockdev.log;

import java.util.List;

/**
 * Where everything lies on a shelf (design, section 4). One shelf holds the whole resource.
 *
 * <pre>
 *   0                     data area                deviceBytes
 *   deviceBytes           superblock copy          4 KiB
 *   ...                   slots of node 0, 1       16 sectors each
 *   ...                   write-intent bitmaps     2 x 1 bit per MiB of device; see below
 *   ...                   checkpoints of node 0, 1 8 sectors each
 *   ...                   log ring of node 0, 1    ringBytes each
 *   shelf's last 4 KiB    main superblock
 * </pre>
 *
 * <p>Every area begins and ends at a multiple of 4096. The bitmaps are reserved space: they belong
 * to staggered shelves, and with one shelf nothing reads or writes them. Slots and checkpoint
 * records are 512 bytes at the beginning of a sector. They move from sector to sector with their
 * sequence number, so that a retransmitted write of an old record cannot land on a new one.
 *
 * <p>A <em>ring position</em> counts the bytes ever appended to a ring: it grows for ever, and its
 * place is {@code position mod ringBytes}.
 *
 * @param deviceBytes size of the device, a positive multiple of 4096, at most 1 TiB
 * @param sectorBytes what the shelf writes whole: 512 or 4096
 * @param ringBytes size of each ring, a multiple of 4096, at least {@link #minimumRingBytes}
 */
public record Layout(long deviceBytes, int sectorBytes, long ringBytes) {

  /** Unit of the device, of the log and of every area. */
  public static final int BLOCK_BYTES = 4096;

  /** Data blocks that one piece of a batch carries at most. */
  public static final int PIECE_BLOCKS = 64;

  /** Sectors in a node's slot area. */
  public static final int SLOT_SECTORS = 16;

  /** Sectors in a node's checkpoint area. */
  public static final int CHECKPOINT_SECTORS = 8;

  /** Size of a slot or checkpoint record; the rest of a larger sector is zeros. */
  public static final int RECORD_BYTES = 512;

  /** Beyond two whole-device batches, room for this much is in a ring of default size. */
  public static final long DEFAULT_SLACK_BYTES = 4L << 20;

  /** Keeps block numbers well inside an {@code int}. */
  public static final long MAX_DEVICE_BYTES = 1L << 40;

  /** Above any use; keeps the number of a block in the ring inside an {@code int}. */
  private static final long MAX_RING_BYTES = 1L << 42;

  private static final int NODES = 2;
  private static final long BITMAP_CHUNK_BYTES = 1L << 20;

  /** A physical range of the shelf. */
  public record Span(long offsetBytes, long lengthBytes) {}

  /** Checks every size; an {@link IllegalArgumentException} names the one that is wrong. */
  public Layout {
    require(
        deviceBytes > 0 && deviceBytes <= MAX_DEVICE_BYTES && deviceBytes % BLOCK_BYTES == 0,
        "the device's size must be a multiple of 4096 bytes, up to 1 TiB, not " + deviceBytes);
    require(
        sectorBytes == RECORD_BYTES || sectorBytes == BLOCK_BYTES,
        "sectors must have 512 or 4096 bytes, not " + sectorBytes);
    require(
        ringBytes >= minimumRingBytes(deviceBytes)
            && ringBytes <= MAX_RING_BYTES
            && ringBytes % BLOCK_BYTES == 0,
        "a log ring for %d bytes must be a multiple of 4096 bytes, at least %d, not %d"
            .formatted(deviceBytes, minimumRingBytes(deviceBytes), ringBytes));
  }

  /** {@code ringBytes} 0 stands for the default: two whole-device batches and 4 MiB. */
  public static Layout of(long deviceBytes, int sectorBytes, long ringBytes) {
    long ring = ringBytes == 0 ? 2 * maxBatchBytes(deviceBytes) + DEFAULT_SLACK_BYTES : ringBytes;
    return new Layout(deviceBytes, sectorBytes, ring);
  }

  /**
   * The smallest ring with which the log can always go on: a whole-device batch that must be kept
   * (masked blocks, design, section 4), room for the next one, and one piece in between.
   */
  public static long minimumRingBytes(long deviceBytes) {
    long pieceBlocks = 1 + Math.min(deviceBytes / BLOCK_BYTES, PIECE_BLOCKS);
    return 2 * maxBatchBytes(deviceBytes) + pieceBlocks * BLOCK_BYTES;
  }

  /**
   * Size of the largest batch, one that holds every block of the device. It presumes that an
   * appender fills each piece but the last, with data blocks or with runs.
   */
  public static long maxBatchBytes(long deviceBytes) {
    long blocks = deviceBytes / BLOCK_BYTES;
    long pieces = (blocks + PIECE_BLOCKS - 1) / PIECE_BLOCKS;
    return (blocks + pieces) * BLOCK_BYTES;
  }

  /** {@link #maxBatchBytes(long)} of this device. */
  public long maxBatchBytes() {
    return maxBatchBytes(deviceBytes);
  }

  /** How many blocks the device has. */
  public int deviceBlocks() {
    return (int) (deviceBytes / BLOCK_BYTES);
  }

  /** Where the copy of the superblock is: directly behind the data. */
  public long superblockCopyOffset() {
    return deviceBytes;
  }

  public long slotAreaOffset(int node) {
    return superblockCopyOffset() + BLOCK_BYTES + checkNode(node) * (long) slotAreaBytes();
  }

  public int slotAreaBytes() {
    return SLOT_SECTORS * sectorBytes;
  }

  /** Where the node's slot record of this sequence number goes. */
  public long slotOffset(int node, long sequence) {
    return slotAreaOffset(node) + Math.floorMod(sequence, SLOT_SECTORS) * (long) sectorBytes;
  }

  /** Reserved space, unused with one shelf: two bitmaps, one behind the other. */
  public long bitmapOffset() {
    return slotAreaOffset(0) + NODES * (long) slotAreaBytes();
  }

  /** Size of both bitmaps. */
  public long bitmapBytes() {
    long chunks = (deviceBytes + BITMAP_CHUNK_BYTES - 1) / BITMAP_CHUNK_BYTES;
    return 2 * roundUp((chunks + 7) / 8);
  }

  public long checkpointAreaOffset(int node) {
    return bitmapOffset() + bitmapBytes() + checkNode(node) * (long) checkpointAreaBytes();
  }

  public int checkpointAreaBytes() {
    return CHECKPOINT_SECTORS * sectorBytes;
  }

  /** Where the node's checkpoint record of this sequence number goes. */
  public long checkpointOffset(int node, long sequence) {
    return checkpointAreaOffset(node)
        + Math.floorMod(sequence, CHECKPOINT_SECTORS) * (long) sectorBytes;
  }

  public long ringOffset(int node) {
    return checkpointAreaOffset(0)
        + NODES * (long) checkpointAreaBytes()
        + checkNode(node) * ringBytes;
  }

  /** How large a shelf must be. */
  public long totalBytes() {
    return ringOffset(0) + NODES * ringBytes + BLOCK_BYTES;
  }

  /** Where the main superblock of a shelf of this size is: in its last whole block. */
  public static long superblockOffset(long shelfBytes) {
    return shelfBytes / BLOCK_BYTES * BLOCK_BYTES - BLOCK_BYTES;
  }

  /** The physical offset of a ring position. */
  public long ringPlace(int node, long position) {
    return ringOffset(node) + Math.floorMod(position, ringBytes);
  }

  /**
   * The physical ranges, one or two, of a range of ring positions.
   *
   * @param lengthBytes 1 to {@link #ringBytes}
   */
  public List<Span> ringSpans(int node, long position, long lengthBytes) {
    require(
        position >= 0 && lengthBytes > 0 && lengthBytes <= ringBytes,
        "no range of a ring: " + lengthBytes + " bytes at " + position);
    long place = ringPlace(node, position);
    long first = Math.min(lengthBytes, ringOffset(node) + ringBytes - place);
    return first == lengthBytes
        ? List.of(new Span(place, first))
        : List.of(new Span(place, first), new Span(ringOffset(node), lengthBytes - first));
  }

  private static int checkNode(int node) {
    require(node == 0 || node == 1, "there is no node " + node);
    return node;
  }

  private static long roundUp(long bytes) {
    return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
