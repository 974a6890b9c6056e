package io.twinlog.blockdev.log;

import io.twinlog.blockdev.log.RingContents.Stop;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Reads one ring from its tail to its end, without doing any I/O itself: the caller reads what
 * {@link #next} asks for and feeds it, until {@code next} returns null; then {@link #contents} says
 * what was found. All checksums are verified. The scan ends at the first piece that is torn, of
 * another resource, node or lap of the ring, or that does not continue the piece before it; a
 * length is believed only within the ring. Then it looks a little further ({@link RingProbe}),
 * whether a later batch shows that the log ended further on once.
 *
 * <p>Memory: about 150 bytes per batch, 16 per run and 4 per data block.
 */
public final class RingScanner {

  /** The longest read that is asked for. */
  public static final int MAX_READ_BYTES = 1 << 20;

  private final Layout layout;
  private final UUID resource;
  private final int node;

  /** Ring position at which the scan must end: a whole lap behind the tail. */
  private final long lapEnd;

  private final int maxReadBytes;
  private final PieceHeader header = new PieceHeader();
  private final CRC32C dataChecksum = new CRC32C();
  private final CRC32C blockChecksum = new CRC32C();
  private final LoggedRuns.Builder runs = new LoggedRuns.Builder();
  private final List<LoggedBatch> batches = new ArrayList<>();

  /** Everything before it has been fed. */
  private long readPosition;

  /** Bytes of the current piece's data that have not been fed yet. */
  private int dataAwaited;

  private int nextIndex;
  private long piecePosition;
  private RingEnd end;

  /** Of the batch being read. */
  private long view;

  private long incarnation;
  private long from;
  private long cut;
  private long millis;
  private int chain;

  private Stop stop;

  /** Once the log's end has been found. */
  private RingProbe probe;

  /** {@code checkpoint} is the latest record of the node whose ring this is. */
  public RingScanner(Layout layout, UUID resource, CheckpointRecord checkpoint) {
    this(layout, resource, checkpoint, MAX_READ_BYTES);
  }

  /**
   * Reads less at a time.
   *
   * @param maxReadBytes a multiple of 4096, at most {@link #MAX_READ_BYTES}
   */
  public RingScanner(Layout layout, UUID resource, CheckpointRecord checkpoint, int maxReadBytes) {
    this.maxReadBytes = maxReadBytes;
    this.layout = layout;
    this.resource = resource;
    this.node = checkpoint.node();
    this.readPosition = checkpoint.tailPosition();
    this.lapEnd = Math.addExact(checkpoint.tailPosition(), layout.ringBytes());
    this.end = new RingEnd(checkpoint.tailBatch(), checkpoint.tailPosition(), 0);
  }

  /** Goes on from the last whole batch of a scan that has ended. */
  private RingScanner(RingScanner ended) {
    this.layout = ended.layout;
    this.resource = ended.resource;
    this.node = ended.node;
    this.lapEnd = ended.lapEnd;
    this.maxReadBytes = ended.maxReadBytes;
    this.end = ended.end;
    this.readPosition = end.position();
    this.batches.addAll(ended.batches);
    if (!batches.isEmpty()) {
      LoggedBatch last = batches.get(batches.size() - 1);
      this.view = last.view();
      this.incarnation = last.incarnation();
    }
    if (readPosition == lapEnd) {
      stop = Stop.END;
    }
  }

  /** A new scan from the last whole batch on, of other copies of the same ring. */
  RingScanner again() {
    return new RingScanner(this);
  }

  /** Ring position behind the last whole batch. */
  long endPosition() {
    return end.position();
  }

  /** What to read and feed next; the same until it has been fed. Null when the scan has ended. */
  public ReadRequest next() {
    if (stop != null) {
      return probe == null ? null : probe.next();
    }
    long place = layout.ringPlace(node, readPosition);
    long toRingEnd = layout.ringOffset(node) + layout.ringBytes() - place;
    long length = Math.min(maxReadBytes, Math.min(toRingEnd, lapEnd - readPosition));
    return new ReadRequest(place, (int) length);
  }

  /** Takes exactly the bytes last asked for, the buffer's remaining ones; its position moves. */
  public void feed(ByteBuffer bytes) {
    ReadRequest request = next();
    if (request == null || bytes.remaining() != request.lengthBytes()) {
      throw new IllegalArgumentException(
          "fed %d bytes instead of %s".formatted(bytes.remaining(), request));
    }
    if (probe != null) {
      probe.feed(bytes);
      bytes.position(bytes.limit());
      return;
    }
    long bufferEnd = readPosition + request.lengthBytes();
    while (bytes.hasRemaining() && stop == null) {
      if (dataAwaited > 0) {
        takeData(bytes);
      } else {
        takeHeader(bytes, bufferEnd - bytes.remaining());
      }
      if (stop == null && dataAwaited == 0) {
        finishPiece(bufferEnd - bytes.remaining());
      }
    }
    bytes.position(bytes.limit());
    readPosition = bufferEnd;
    if (stop == null && readPosition == lapEnd) {
      stop = nextIndex == 0 ? Stop.END : Stop.TORN;
    }
    if (stop == Stop.END || stop == Stop.TORN) {
      probe = new RingProbe(layout, resource, node, end, lapEnd, maxReadBytes);
    }
  }

  /** Whether something has been found that is no further batch: the log ends there. */
  public boolean isEndFound() {
    return stop != null;
  }

  /** Where the last whole batch ends that has been fed so far. */
  public RingEnd endSoFar() {
    return end;
  }

  /** The result, once {@link #next} has returned null. */
  public RingContents contents() {
    if (next() != null) {
      throw new IllegalStateException("the scan has not ended: " + next());
    }
    return new RingContents(node, batches, end, stop, probe == null ? null : probe.found());
  }

  private void takeHeader(ByteBuffer bytes, long position) {
    int at = bytes.position();
    bytes.position(at + PieceHeader.BYTES);
    boolean intact =
        header.read(bytes, at)
            && header.uuidHigh == resource.getMostSignificantBits()
            && header.uuidLow == resource.getLeastSignificantBits()
            && header.node == node;
    if (!intact) {
      stop = nextIndex == 0 ? Stop.END : Stop.TORN;
      return;
    }
    if (header.position > position) {
      stop = Stop.OVERWRITTEN;
      return;
    }
    boolean continues = nextIndex == 0 ? beginsBatch(position) : continuesBatch(position);
    if (!continues || !takeRuns(bytes, at, position)) {
      stop = nextIndex == 0 ? Stop.END : Stop.TORN;
      return;
    }
    view = header.view;
    incarnation = header.incarnation;
    from = header.from;
    cut = header.cut;
    millis = header.millis;
    chain = header.crc;
    piecePosition = position;
    dataAwaited = header.dataBytes;
    dataChecksum.reset();
  }

  /**
   * Whether the header begins the batch that is due. The first batch may quote anything: what came
   * before it is of no interest any more. Views of a ring never fall, and one incarnation writes in
   * a view.
   */
  private boolean beginsBatch(long position) {
    boolean due =
        header.index == 0
            && header.sequence == end.sequence()
            && header.position == position
            && header.batchPosition == position
            && fitsLap(position);
    return due
        && (batches.isEmpty()
            || (header.chain == end.chain()
                && (header.view > view
                    || (header.view == view && header.incarnation == incarnation))));
  }

  private boolean continuesBatch(long position) {
    return header.index == nextIndex
        && header.chain == chain
        && header.sequence == end.sequence()
        && header.position == position
        && header.batchPosition == end.position()
        && header.view == view
        && header.incarnation == incarnation
        && header.from == from
        && header.cut == cut
        && fitsLap(position);
  }

  private boolean fitsLap(long position) {
    return header.dataBytes <= lapEnd - position - PieceHeader.BYTES;
  }

  /** Collects the runs; false when one is not on the device. */
  private boolean takeRuns(ByteBuffer bytes, int at, long position) {
    long data = position + PieceHeader.BYTES - end.position();
    for (int i = 0; i < header.runCount; i++) {
      long run = PieceHeader.run(bytes, at, i);
      if (Run.count(run) == 0 || Run.startBlock(run) + Run.count(run) > layout.deviceBlocks()) {
        return false;
      }
      runs.add(run, data);
      data += (long) Run.dataBlocks(run) * Layout.BLOCK_BYTES;
    }
    return true;
  }

  private void takeData(ByteBuffer bytes) {
    int length = Math.min(dataAwaited, bytes.remaining());
    int at = bytes.position();
    Fields.update(dataChecksum, bytes, at, at + length);
    for (int block = at; block < at + length; block += Layout.BLOCK_BYTES) {
      runs.addChecksum(Fields.crc32c(blockChecksum, bytes, block, block + Layout.BLOCK_BYTES));
    }
    bytes.position(at + length);
    dataAwaited -= length;
  }

  private void finishPiece(long position) {
    if ((int) dataChecksum.getValue() != header.dataCrc) {
      stop = Stop.TORN;
      return;
    }
    nextIndex++;
    if (header.last) {
      batches.add(
          new LoggedBatch(
              node,
              incarnation,
              end.sequence(),
              view,
              from,
              cut,
              end.position(),
              piecePosition,
              position,
              chain,
              millis,
              runs.take(end.position())));
      end = batches.get(batches.size() - 1).end();
      nextIndex = 0;
    }
  }
}
