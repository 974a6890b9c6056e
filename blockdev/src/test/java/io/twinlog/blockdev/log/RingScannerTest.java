package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.log.RingContents.Stop;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Design, section 4: the log ring of a node. */
class RingScannerTest {

  private static final RingEnd START = new RingEnd(1, 0, 0);

  private final LogFixture log = LogFixture.ofBlocks(8);
  private final PieceEncoder encoder = LogFixture.encoder(0, 5, START);

  private void append(long from, long cut, Map<Integer, Integer> blocks) {
    log.append(encoder, 0, 1, from, cut, blocks);
  }

  @Test
  void shouldFindNothingWhenTheRingIsNew() {
    RingContents ring = log.scan(LogFixture.initial(0));
    assertEquals(List.of(), ring.batches());
    assertEquals(START, ring.end());
    assertEquals(Stop.END, ring.stop());
  }

  @Test
  void shouldFindEveryBatchWhenAllAreIntact() {
    append(0, 1, Map.of(3, 11));
    append(1, 1, Map.of());
    append(1, 4, Map.of(0, 12, 1, 0, 7, 13));

    RingContents ring = log.scan(LogFixture.initial(0));
    assertEquals(3, ring.batches().size());
    assertEquals(encoder.end(), ring.end());
    assertEquals(Stop.END, ring.stop());
    LoggedBatch third = ring.batches().get(2);
    int chain = encoder.end().chain();
    assertEquals(
        new LoggedBatch(0, 5, 3, 1, 1, 4, 12288, 12288, 24576, chain, 0, third.runs()), third);
    assertEquals(3, third.runs().size());
    assertEquals(16384, third.runs().dataPosition(0));
    assertEquals(LoggedRuns.ZERO, third.runs().dataPosition(1));
    assertEquals(20480, third.runs().dataPosition(2));
    assertEquals(7, Run.startBlock(third.runs().run(2)));
  }

  @Test
  void shouldFindABatchOfManyPiecesWhenTheDeviceIsLarger() {
    LogFixture large = LogFixture.ofBlocks(300);
    Map<Integer, Integer> blocks = new TreeMap<>();
    for (int block = 0; block < 300; block++) {
      blocks.put(block, 1000 + block);
    }
    PieceEncoder writer = LogFixture.encoder(1, 5, START);
    large.append(writer, 1, 1, 0, 1, blocks);
    large.append(writer, 1, 1, 1, 2, blocks);
    assertEquals(2 * large.layout.maxBatchBytes(), writer.end().position());

    RingContents ring = large.scan(LogFixture.initial(1));
    assertEquals(2, ring.batches().size());
    LoggedRuns runs = ring.batches().get(1).runs();
    for (int i = 0; i < 300; i++) {
      long place = large.layout.ringPlace(1, runs.dataPosition(i));
      assertEquals(1000 + i, large.shelf.getInt((int) place));
    }
  }

  @Test
  void shouldAskForBoundedReadsInsideTheRingWhenItIsLarge() {
    Layout layout = Layout.of(4 << 20, 512, 0);
    long tail = 5 * layout.ringBytes() - 12288;
    RingScanner scanner =
        new RingScanner(layout, LogFixture.RESOURCE, LogFixture.checkpoint(1, 1, 0, 9, tail));
    long ringEnd = layout.ringOffset(1) + layout.ringBytes();
    assertEquals(new ReadRequest(ringEnd - 12288, 12288), scanner.next());
    assertEquals(scanner.next(), scanner.next());
    assertThrows(IllegalArgumentException.class, () -> scanner.feed(ByteBuffer.allocate(4096)));

    // A single batch that spans the end of the ring and several reads.
    PieceEncoder writer = LogFixture.encoder(1, 5, new RingEnd(9, tail, 0));
    Map<Integer, Integer> blocks = new TreeMap<>();
    for (int block = 0; block < 1024; block++) {
      blocks.put(block, 7);
    }
    LogFixture large = new LogFixture(layout);
    large.append(writer, 1, 1, 0, 1, blocks);
    while (scanner.next() != null) {
      ReadRequest read = scanner.next();
      assertTrue(read.lengthBytes() <= RingScanner.MAX_READ_BYTES);
      assertTrue(read.offsetBytes() >= layout.ringOffset(1));
      assertTrue(read.offsetBytes() + read.lengthBytes() <= ringEnd);
      scanner.feed(large.shelf.slice((int) read.offsetBytes(), read.lengthBytes()));
    }
    assertEquals(1, scanner.contents().batches().size());
    assertEquals(writer.end(), scanner.contents().end());
  }

  @Test
  void shouldStopBeforeTheBatchWhenAnyBlockOfItIsMissing() {
    append(0, 1, Map.of(3, 11));
    RingEnd before = encoder.end();
    append(1, 2, Map.of(1, 12, 2, 13, 3, 14));
    for (int block = 0; block < 4; block++) {
      int at = (int) log.layout.ringPlace(0, before.position() + block * 4096L);
      byte[] kept = new byte[4096];
      log.shelf.get(at, kept).put(at, new byte[4096]);
      RingContents ring = log.scan(LogFixture.initial(0));
      assertEquals(before, ring.end());
      assertEquals(block == 0 ? Stop.END : Stop.TORN, ring.stop());
      log.shelf.put(at, kept);
    }
    assertEquals(encoder.end(), log.scan(LogFixture.initial(0)).end());
  }

  /** Design, section 4: a bit is not to be lost unnoticed, whatever byte it is in. */
  @Test
  void shouldNameTheLaterBatchWhenAnyBitOfAnEarlierOneIsFlipped() {
    append(0, 1, Map.of(3, 11));
    RingEnd before = encoder.end();
    append(1, 2, Map.of(1, 12, 2, 13, 3, 0));
    RingEnd damaged = encoder.end();
    append(2, 3, Map.of(4, 15));
    int start = (int) log.layout.ringPlace(0, before.position());
    int end = (int) log.layout.ringPlace(0, damaged.position());
    for (int at = start; at < end; at++) {
      byte flipped = (byte) (log.shelf.get(at) ^ 1 << at % 8);
      byte kept = log.shelf.get(at);
      log.shelf.put(at, flipped);
      RingContents ring = log.scan(LogFixture.initial(0));
      assertEquals(before, ring.end(), "byte " + (at - start));
      assertEquals(
          new RingContents.LaterPiece(1, 3, damaged.sequence(), damaged.position()),
          ring.later(),
          "byte " + (at - start));
      log.shelf.put(at, kept);
    }
    RingContents whole = log.scan(LogFixture.initial(0));
    assertEquals(encoder.end(), whole.end());
    assertNull(whole.later());
  }

  @Test
  void shouldNotTakeALeftoverForALaterBatchWhenItIsOfTheSameOneOrAnEarlierLap() {
    append(0, 1, Map.of(3, 11));
    RingEnd before = encoder.end();
    append(1, 2, Map.of(1, 12, 2, 13, 3, 14));
    encoder.rewind(before);
    append(1, 2, Map.of(1, 12));
    // The next batch is torn, right before what the repeated one had left.
    RingContents ring = log.scan(LogFixture.initial(0));
    assertEquals(encoder.end(), ring.end());
    assertNull(ring.later());
  }

  @Test
  void shouldGiveTheChecksumOfEachBlockWhenABatchIsIntact() {
    append(0, 4, Map.of(0, 12, 1, 0, 6, 14, 7, 13));
    LoggedRuns runs = log.scan(LogFixture.initial(0)).batches().get(0).runs();
    assertEquals(checksum(12), runs.checksum(0, 0));
    for (int run = 0, seen = 0; run < runs.size(); run++) {
      for (int k = 0; k < Run.dataBlocks(runs.run(run)); k++, seen++) {
        assertEquals(checksum(List.of(12, 14, 13).get(seen)), runs.checksum(run, k));
      }
    }
  }

  private int checksum(int content) {
    ByteBuffer block = ByteBuffer.allocate(Layout.BLOCK_BYTES);
    while (block.hasRemaining()) {
      block.putInt(content);
    }
    return Fields.crc32c(new CRC32C(), block, 0, Layout.BLOCK_BYTES);
  }

  @Test
  void shouldStopWhenABatchIsOfAnEarlierLap() {
    long lap = log.layout.ringBytes();
    // Lap one: three batches of 9 blocks fill the ring of 27.
    for (int i = 0; i < 3; i++) {
      append(i, i + 1, Map.of(0, i + 1, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9, 7, 9));
    }
    assertEquals(lap, encoder.end().position());
    RingContents full = log.scan(LogFixture.initial(0));
    assertEquals(3, full.batches().size());
    assertEquals(Stop.END, full.stop());

    // Lap two: one batch; the others of lap one still lie behind it.
    append(3, 4, Map.of(0, 4, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9, 7, 9));
    RingContents second = log.scan(LogFixture.checkpoint(0, 1, 3, 4, lap));
    assertEquals(1, second.batches().size());
    assertEquals(encoder.end(), second.end());
    assertEquals(Stop.END, second.stop());

    // Whoever still has the old tail is told so.
    assertEquals(Stop.OVERWRITTEN, log.scan(LogFixture.initial(0)).stop());
  }

  @Test
  void shouldRejectTheLeftoverWhenAnAppendWasRepeatedWithOtherContent() {
    append(0, 1, Map.of(3, 11));
    RingEnd retry = encoder.end();
    append(1, 2, Map.of(1, 12));
    append(2, 3, Map.of(2, 13)); // intact, from the attempt that is given up
    encoder.rewind(retry);
    append(1, 2, Map.of(1, 99)); // of the same length: the leftover lies where the next is due

    RingContents ring = log.scan(LogFixture.initial(0));
    assertEquals(2, ring.batches().size());
    assertEquals(encoder.end(), ring.end());
  }

  @Test
  void shouldRejectTheLeftoverWhenAPieceOfTheBatchIsFromAnEarlierAttempt() {
    LogFixture large = LogFixture.ofBlocks(128);
    Map<Integer, Integer> blocks = new TreeMap<>();
    for (int block = 0; block < 128; block++) {
      blocks.put(block, 1);
    }
    PieceEncoder writer = LogFixture.encoder(0, 5, START);
    large.append(writer, 0, 1, 0, 1, blocks);
    writer.rewind(START);
    blocks.put(0, 2);
    LogFixture.batch(large.layout, writer, 0, 1, 0, 1, blocks).stream()
        .limit(1)
        .forEach(large::write);

    RingContents ring = large.scan(LogFixture.initial(0));
    assertEquals(List.of(), ring.batches());
    assertEquals(START, ring.end());
    assertEquals(Stop.TORN, ring.stop());
  }

  @Test
  void shouldRejectTheLeftoverWhenItIsOfAnEarlierIncarnation() {
    append(0, 1, Map.of(3, 11));
    PieceEncoder restarted = LogFixture.encoder(0, 6, START);
    append(1, 2, Map.of(3, 12)); // of incarnation 5, quotes its first batch
    log.append(restarted, 0, 2, 0, 1, Map.of(3, 21));

    RingContents ring = log.scan(LogFixture.initial(0));
    assertEquals(1, ring.batches().size());
    assertEquals(6, ring.batches().get(0).incarnation());
    assertEquals(restarted.end(), ring.end());
  }

  @Test
  void shouldRejectABatchWhenItsViewFallsOrTwoIncarnationsShareIt() {
    append(0, 1, Map.of(3, 11));
    RingEnd end = encoder.end();
    log.append(LogFixture.encoder(0, 6, end), 0, 1, 1, 2, Map.of());
    assertEquals(end, log.scan(LogFixture.initial(0)).end());
    log.append(LogFixture.encoder(0, 5, end), 0, 0, 1, 2, Map.of());
    assertEquals(end, log.scan(LogFixture.initial(0)).end());
    log.append(LogFixture.encoder(0, 6, end), 0, 2, 1, 2, Map.of());
    assertEquals(2, log.scan(LogFixture.initial(0)).batches().size());
  }

  @Test
  void shouldRejectABatchWhenItIsForeign() {
    PieceEncoder foreign = new PieceEncoder(new UUID(1, 2), 0, 5, START);
    log.append(foreign, 0, 1, 0, 1, Map.of());
    assertEquals(List.of(), log.scan(LogFixture.initial(0)).batches());
    log.append(LogFixture.encoder(1, 5, START), 0, 1, 0, 1, Map.of());
    assertEquals(List.of(), log.scan(LogFixture.initial(0)).batches());
    log.append(encoder, 0, 1, 0, 1, Map.of(8, 1)); // a block behind the device
    assertEquals(List.of(), log.scan(LogFixture.initial(0)).batches());
  }

  @Test
  void shouldRejectABatchWhenItIsLongerThanTheRing() {
    RingEnd end = START;
    for (int i = 0; i < 2; i++) {
      append(i, i + 1, Map.of(0, i + 1, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9, 7, 9));
      end = encoder.end();
    }
    append(2, 3, Map.of(0, 3, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9));
    append(3, 4, Map.of(0, 4));
    // The last one laps the first; only its header is at the end of the ring.
    RingContents ring = log.scan(LogFixture.initial(0));
    assertNull(ring.batches().stream().filter(b -> b.cut() == 4).findAny().orElse(null));
    assertTrue(ring.end().position() <= log.layout.ringBytes());
    assertTrue(end.position() < log.layout.ringBytes());
  }
}
