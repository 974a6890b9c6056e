package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The first 4096 bytes of a piece; its data blocks follow. A batch is one or more pieces, one
 * behind the other in the ring. The header of the last is the batch's commit record: the batch
 * counts only when that header and all before it are undamaged, and all their data. All numbers are
 * big-endian.
 *
 * <pre>
 *    0   8  magic "TWINPIEC"
 *    8   4  format version, 1
 *   12   1  node, 0 or 1
 *   13   1  flags: 1 last piece of its batch
 *   14   2  number of runs, 0 to 495
 *   16  16  resource UUID
 *   32   8  incarnation of the writer
 *   40   8  view the writer was in
 *   48   8  sequence number of the batch; grows by one from batch to batch of a ring
 *   56   8  ring position of the batch
 *   64   8  ring position of this piece
 *   72   8  from
 *   80   8  cut: the batch holds the contents, exactly as of write number cut, of every block that
 *           changed after write number from
 *   88   4  index of the piece in its batch, from 0
 *   92   4  chain: CRC32C (the field at 4092) of the header before, which is that of the piece
 *           before, or of the last piece of the batch before; 0 when there is none
 *   96   4  bytes of data behind this header, a multiple of 4096, at most 256 KiB
 *  100   4  CRC32C of the data
 *  104   8  wall clock of the writer when the batch was cut, in milliseconds since 1970; 0: not known
 *  112  16  zero
 *  128      runs, 8 bytes each ({@link Run}), in the order of their data; zeros behind the last
 * 4088   4  zero
 * 4092   4  CRC32C of bytes 0 to 4091
 * </pre>
 *
 * <p>Each header quotes the checksum of the one before, which covers what that one quotes: so a
 * commit record stands for its whole batch, and pieces left over from an earlier attempt at the
 * same place do not fit in.
 */
final class PieceHeader {

  static final int BYTES = Layout.BLOCK_BYTES;
  static final int MAX_DATA_BYTES = Layout.PIECE_BLOCKS * Layout.BLOCK_BYTES;

  static final int FLAG_LAST = 1;

  private static final long MAGIC = 0x5457494E50494543L; // "TWINPIEC"
  private static final int VERSION = 1;

  private static final int VERSION_AT = 8;
  private static final int NODE = 12;
  private static final int FLAGS = 13;
  private static final int RUN_COUNT = 14;
  private static final int UUID_HIGH = 16;
  private static final int UUID_LOW = 24;
  private static final int INCARNATION = 32;
  private static final int VIEW = 40;
  private static final int SEQUENCE = 48;
  private static final int BATCH_POSITION = 56;
  private static final int POSITION = 64;
  private static final int FROM = 72;
  private static final int CUT = 80;
  private static final int INDEX = 88;
  private static final int CHAIN = 92;
  private static final int DATA_BYTES = 96;
  private static final int DATA_CRC = 100;
  private static final int MILLIS = 104;
  private static final int RUNS = 128;
  private static final int CRC = BYTES - Integer.BYTES;

  /** How many runs fit. */
  static final int MAX_RUNS = (CRC - RUNS) / Long.BYTES;

  /** Fields of the header; filled by {@link #read}, written by {@link #write}. */
  int node;

  boolean last;
  int runCount;
  long uuidHigh;
  long uuidLow;
  long incarnation;
  long view;
  long sequence;
  long batchPosition;
  long position;
  long from;
  long cut;
  int index;
  int chain;
  int dataBytes;
  int dataCrc;
  long millis;

  /** The header's own checksum, which the next header quotes. */
  int crc;

  private final CRC32C checksum = new CRC32C();

  /** Puts the fields and the runs at {@code at}, and sets {@link #crc}. */
  void write(ByteBuffer buffer, int at, long[] runs) {
    Fields.putLong(buffer, at, MAGIC);
    Fields.putInt(buffer, at + VERSION_AT, VERSION);
    buffer.put(at + NODE, (byte) node);
    buffer.put(at + FLAGS, (byte) (last ? FLAG_LAST : 0));
    Fields.putShort(buffer, at + RUN_COUNT, runCount);
    Fields.putLong(buffer, at + UUID_HIGH, uuidHigh);
    Fields.putLong(buffer, at + UUID_LOW, uuidLow);
    Fields.putLong(buffer, at + INCARNATION, incarnation);
    Fields.putLong(buffer, at + VIEW, view);
    Fields.putLong(buffer, at + SEQUENCE, sequence);
    Fields.putLong(buffer, at + BATCH_POSITION, batchPosition);
    Fields.putLong(buffer, at + POSITION, position);
    Fields.putLong(buffer, at + FROM, from);
    Fields.putLong(buffer, at + CUT, cut);
    Fields.putInt(buffer, at + INDEX, index);
    Fields.putInt(buffer, at + CHAIN, chain);
    Fields.putInt(buffer, at + DATA_BYTES, dataBytes);
    Fields.putInt(buffer, at + DATA_CRC, dataCrc);
    Fields.putLong(buffer, at + MILLIS, millis);
    Fields.clear(buffer, at + MILLIS + Long.BYTES, at + RUNS);
    for (int i = 0; i < runCount; i++) {
      Fields.putLong(buffer, at + RUNS + i * Long.BYTES, runs[i]);
    }
    Fields.clear(buffer, at + RUNS + runCount * Long.BYTES, at + CRC);
    crc = Fields.crc32c(checksum, buffer, at, at + CRC);
    Fields.putInt(buffer, at + CRC, crc);
  }

  /**
   * Reads the header at {@code at}. Returns false when it is damaged, of another format, or says
   * what no piece can be; then the fields mean nothing.
   */
  boolean read(ByteBuffer buffer, int at) {
    if (Fields.getLong(buffer, at) != MAGIC || Fields.getInt(buffer, at + VERSION_AT) != VERSION) {
      return false;
    }
    crc = Fields.crc32c(checksum, buffer, at, at + CRC);
    if (crc != Fields.getInt(buffer, at + CRC)) {
      return false;
    }
    node = Fields.getUnsignedByte(buffer, at + NODE);
    last = (buffer.get(at + FLAGS) & FLAG_LAST) != 0;
    runCount = Fields.getUnsignedShort(buffer, at + RUN_COUNT);
    uuidHigh = Fields.getLong(buffer, at + UUID_HIGH);
    uuidLow = Fields.getLong(buffer, at + UUID_LOW);
    incarnation = Fields.getLong(buffer, at + INCARNATION);
    view = Fields.getLong(buffer, at + VIEW);
    sequence = Fields.getLong(buffer, at + SEQUENCE);
    batchPosition = Fields.getLong(buffer, at + BATCH_POSITION);
    position = Fields.getLong(buffer, at + POSITION);
    from = Fields.getLong(buffer, at + FROM);
    cut = Fields.getLong(buffer, at + CUT);
    index = Fields.getInt(buffer, at + INDEX);
    chain = Fields.getInt(buffer, at + CHAIN);
    dataBytes = Fields.getInt(buffer, at + DATA_BYTES);
    dataCrc = Fields.getInt(buffer, at + DATA_CRC);
    millis = Fields.getLong(buffer, at + MILLIS);
    return runCount <= MAX_RUNS
        && dataBytes >= 0
        && dataBytes <= MAX_DATA_BYTES
        && from >= 0
        && from <= cut
        && dataBytes == dataBytesOfRuns(buffer, at);
  }

  /** Run {@code i} of the header at {@code at}. */
  static long run(ByteBuffer buffer, int at, int i) {
    return Fields.getLong(buffer, at + RUNS + i * Long.BYTES);
  }

  private long dataBytesOfRuns(ByteBuffer buffer, int at) {
    long blocks = 0;
    for (int i = 0; i < runCount; i++) {
      blocks += Run.dataBlocks(run(buffer, at, i));
    }
    return blocks * Layout.BLOCK_BYTES;
  }
}
