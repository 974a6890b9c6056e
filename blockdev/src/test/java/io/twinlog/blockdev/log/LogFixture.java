package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** A small shelf in memory, and batches made by the real encoder. */
final class LogFixture {

  static final UUID RESOURCE = new UUID(0x0123456789ABCDEFL, 0x0011223344556677L);

  /** Blocks with this content are logged as zero runs. */
  static final int ZEROS = 0;

  /** A write of the encoder: what goes where. */
  record Append(long offsetBytes, ByteBuffer bytes) {}

  final Layout layout;
  final ByteBuffer shelf;

  LogFixture(Layout layout) {
    this.layout = layout;
    this.shelf = ByteBuffer.allocate((int) layout.totalBytes());
  }

  static LogFixture ofBlocks(int deviceBlocks) {
    long deviceBytes = (long) deviceBlocks * Layout.BLOCK_BYTES;
    return new LogFixture(Layout.of(deviceBytes, 512, Layout.minimumRingBytes(deviceBytes)));
  }

  static PieceEncoder encoder(int node, long incarnation, RingEnd end) {
    return new PieceEncoder(RESOURCE, node, incarnation, end);
  }

  static CheckpointRecord checkpoint(
      int node, long view, long position, long tailBatch, long tailPosition) {
    return new CheckpointRecord(node, 1, 1, view, position, tailBatch, tailPosition);
  }

  static CheckpointRecord initial(int node) {
    return checkpoint(node, 1, 0, 1, 0);
  }

  /** Writes a batch to the ring whole. */
  void append(
      PieceEncoder encoder,
      int node,
      long view,
      long from,
      long cut,
      Map<Integer, Integer> blocks) {
    batch(layout, encoder, node, view, from, cut, blocks).forEach(this::write);
  }

  void write(Append append) {
    shelf.put((int) append.offsetBytes(), append.bytes(), 0, append.bytes().capacity());
  }

  /**
   * The writes of a batch, one per piece and span. {@code blocks} maps a block to its content, one
   * number that fills it; a piece carries as many blocks as fit.
   */
  static List<Append> batch(
      Layout layout,
      PieceEncoder encoder,
      int node,
      long view,
      long from,
      long cut,
      Map<Integer, Integer> blocks) {
    List<Append> appends = new ArrayList<>();
    encoder.begin(view, from, cut);
    List<Map.Entry<Integer, Integer>> left = new ArrayList<>(new TreeMap<>(blocks).entrySet());
    do {
      List<Map.Entry<Integer, Integer>> now =
          new ArrayList<>(left.subList(0, Math.min(Layout.PIECE_BLOCKS, left.size())));
      left = left.subList(now.size(), left.size());
      appends.addAll(piece(layout, encoder, node, now, left.isEmpty()));
    } while (!left.isEmpty());
    return appends;
  }

  private static List<Append> piece(
      Layout layout,
      PieceEncoder encoder,
      int node,
      List<Map.Entry<Integer, Integer>> blocks,
      boolean last) {
    ByteBuffer piece =
        ByteBuffer.allocate(PieceEncoder.HEADER_BYTES + blocks.size() * Layout.BLOCK_BYTES);
    long[] runs = new long[blocks.size()];
    piece.position(PieceEncoder.HEADER_BYTES);
    for (int i = 0; i < runs.length; i++) {
      int content = blocks.get(i).getValue();
      int block = blocks.get(i).getKey();
      runs[i] = content == ZEROS ? Run.zero(block, 1) : Run.data(block, 1);
      if (content != ZEROS) {
        piece.put(content(content));
      }
    }
    long position = encoder.encode(piece, runs, runs.length, last);
    List<Append> appends = new ArrayList<>();
    for (Layout.Span span : layout.ringSpans(node, position, piece.remaining())) {
      ByteBuffer bytes = piece.slice(piece.position(), (int) span.lengthBytes());
      piece.position(piece.position() + bytes.capacity());
      appends.add(new Append(span.offsetBytes(), bytes));
    }
    return appends;
  }

  static byte[] content(int content) {
    ByteBuffer block = ByteBuffer.allocate(Layout.BLOCK_BYTES);
    while (block.hasRemaining()) {
      block.putInt(content);
    }
    return block.array();
  }

  RingContents scan(CheckpointRecord checkpoint) {
    return scan(layout, shelf, checkpoint);
  }

  static RingContents scan(Layout layout, ByteBuffer shelf, CheckpointRecord checkpoint) {
    RingScanner scanner = new RingScanner(layout, RESOURCE, checkpoint);
    for (ReadRequest read = scanner.next(); read != null; read = scanner.next()) {
      scanner.feed(shelf.slice((int) read.offsetBytes(), read.lengthBytes()));
    }
    return scanner.contents();
  }

  /** Scans both rings from these checkpoints, and judges. */
  Recovery.Outcome recover(View chosen, CheckpointRecord first, CheckpointRecord second) {
    return Recovery.of(layout, chosen, List.of(first, second), List.of(scan(first), scan(second)));
  }

  Recovery.Recovered recovered(View chosen, CheckpointRecord first, CheckpointRecord second) {
    return (Recovery.Recovered) recover(chosen, first, second);
  }

  /** The number that fills the block as of the recovered state. */
  int content(Recovery.Recovered state, int block) {
    return content(layout, shelf, state, block);
  }

  static int content(Layout layout, ByteBuffer shelf, Recovery.Recovered state, int block) {
    NewestContents newest = state.newest();
    if (newest.isZero(block)) {
      return ZEROS;
    }
    long offset =
        newest.isInDataArea(block)
            ? (long) block * Layout.BLOCK_BYTES
            : layout.ringPlace(newest.ringNode(block), newest.ringPosition(block));
    int content = shelf.getInt((int) offset);
    byte[] whole = new byte[Layout.BLOCK_BYTES];
    shelf.get((int) offset, whole);
    if (!Arrays.equals(whole, content(content))) {
      throw new AssertionError("block " + block + " is torn");
    }
    return content;
  }
}
