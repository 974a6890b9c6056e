package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Makes the pieces of the batches that one incarnation appends to its ring, in order: {@link
 * #begin}, then {@link #encode} once per piece, the last one marked as such. It only fills buffers;
 * what becomes of an append is the caller's business, but a batch must be durable before the next
 * is appended. Not thread-safe. Allocates nothing per piece.
 */
public final class PieceEncoder {

  /** The most runs that {@link #encode} takes. */
  public static final int MAX_RUNS = PieceHeader.MAX_RUNS;

  /** Size of the header, which the data blocks of a piece follow. */
  public static final int HEADER_BYTES = PieceHeader.BYTES;

  private final PieceHeader header = new PieceHeader();
  private final CRC32C checksum = new CRC32C();

  private long nextSequence;
  private long nextPosition;
  private boolean open;

  /** {@code end} as a {@link RingScanner} found it, or as {@link #end} gave it. */
  public PieceEncoder(UUID resource, int node, long incarnation, RingEnd end) {
    header.uuidHigh = resource.getMostSignificantBits();
    header.uuidLow = resource.getLeastSignificantBits();
    header.node = node;
    header.incarnation = incarnation;
    rewind(end);
  }

  /**
   * Begins a batch at the ring's end. An appender's views never fall.
   *
   * @param from the batch holds every block that changed after this write number
   * @param cut contents are exactly as of this write number; at least {@code from}
   */
  public void begin(long view, long from, long cut) {
    if (open || from < 0 || cut < from) {
      throw new IllegalStateException(
          "cannot begin a batch (%d, %d]%s".formatted(from, cut, open ? ", one is open" : ""));
    }
    open = true;
    header.view = view;
    header.from = from;
    header.cut = cut;
    header.sequence = nextSequence;
    header.batchPosition = nextPosition;
    header.index = 0;
    header.millis = 0;
  }

  /** Says when the batch just begun was cut, by the writer's wall clock: for people only. */
  public void stamp(long millis) {
    header.millis = millis;
  }

  /**
   * Completes a piece: fills the header and limits the buffer to the piece.
   *
   * @param piece direct, position 0; from byte {@link #HEADER_BYTES} on it holds the blocks of the
   *     data runs, one behind the other
   * @param runs the first {@code runCount} count ({@link Run}); at most {@link #MAX_RUNS}, with at
   *     most {@link Layout#PIECE_BLOCKS} data blocks in all
   * @param last whether this header is the batch's commit record
   * @return the ring position of the piece, where the buffer's remaining bytes belong
   */
  public long encode(ByteBuffer piece, long[] runs, int runCount, boolean last) {
    int dataBlocks = 0;
    for (int i = 0; i < runCount; i++) {
      dataBlocks += Run.dataBlocks(runs[i]);
    }
    if (!open || runCount > MAX_RUNS || dataBlocks > Layout.PIECE_BLOCKS) {
      throw new IllegalStateException(
          "no piece: %d runs, %d blocks%s"
              .formatted(runCount, dataBlocks, open ? "" : ", no batch is open"));
    }
    int end = PieceHeader.BYTES + dataBlocks * Layout.BLOCK_BYTES;
    piece.limit(end).position(0);
    long position = nextPosition;
    header.position = position;
    header.last = last;
    header.runCount = runCount;
    header.dataBytes = end - PieceHeader.BYTES;
    header.dataCrc = Fields.crc32c(checksum, piece, PieceHeader.BYTES, end);
    header.write(piece, 0, runs);
    header.chain = header.crc;
    header.index++;
    nextPosition += end;
    if (last) {
      nextSequence++;
      open = false;
    }
    return position;
  }

  /** Where the next batch goes; only between batches. */
  public RingEnd end() {
    if (open) {
      throw new IllegalStateException("a batch is open");
    }
    return new RingEnd(nextSequence, nextPosition, header.chain);
  }

  /**
   * Goes back to an earlier end, after an append that did not become durable; ends an open batch.
   */
  public void rewind(RingEnd end) {
    nextSequence = end.sequence();
    nextPosition = end.position();
    header.chain = end.chain();
    open = false;
  }
}
