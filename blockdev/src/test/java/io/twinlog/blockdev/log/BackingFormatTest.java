package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.log.BackingRefusedException.Reason;
import io.twinlog.blockdev.log.SuperblockCodec.Damaged;
import io.twinlog.blockdev.log.SuperblockCodec.Intact;
import io.twinlog.blockdev.log.SuperblockCodec.NewerFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Design, section 4: "A foreign, damaged, truncated or newer-format superblock is refused". */
class BackingFormatTest {

  private static final long DEVICE_BYTES = 8 * 4096;
  private static final Layout LAYOUT =
      Layout.of(DEVICE_BYTES, 512, Layout.minimumRingBytes(DEVICE_BYTES));
  private static final List<String> NODES = List.of("alpha", "beta");
  private static final NewBacking BACKING =
      new NewBacking(
          LogFixture.RESOURCE, "r0", LAYOUT, NODES, Instant.ofEpochMilli(1_700_000_000_000L));
  private static final ExpectedBacking EXPECTED =
      new ExpectedBacking(null, "r0", DEVICE_BYTES, NODES);

  private final MemoryShelf shelf = new MemoryShelf(LAYOUT.totalBytes(), 512);

  private String openRefused(Reason reason) {
    return openRefused(reason, EXPECTED);
  }

  private String openRefused(Reason reason, ExpectedBacking expected) {
    long writes = shelf.writes();
    BackingRefusedException refusal =
        assertThrows(BackingRefusedException.class, () -> BackingFormat.open(shelf, expected));
    assertEquals(reason, refusal.reason(), refusal.getMessage());
    assertTrue(refusal.getMessage().startsWith("shelf memory:test "), refusal.getMessage());
    assertEquals(writes, shelf.writes());
    return refusal.getMessage();
  }

  private String createRefused(Reason reason) {
    BackingRefusedException refusal =
        assertThrows(
            BackingRefusedException.class, () -> BackingFormat.create(shelf, BACKING, false));
    assertEquals(reason, refusal.reason(), refusal.getMessage());
    assertEquals(0, shelf.writes());
    return refusal.getMessage();
  }

  /** Changes the block's field and makes its checksum right again. */
  private void forge(long offset, int fieldAt, int value) {
    ByteBuffer block = shelf.bytes().slice((int) offset, 4096);
    block.putInt(fieldAt, value);
    block.putInt(4092, Fields.crc32c(new CRC32C(), block, 0, 4092));
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void shouldOpenWithTheFirstViewWhenJustCreated(int sectorBytes) throws IOException {
    Layout layout = Layout.of(DEVICE_BYTES, sectorBytes, 0);
    MemoryShelf fresh = new MemoryShelf(layout.totalBytes() + 12288, sectorBytes);
    NewBacking backing =
        new NewBacking(LogFixture.RESOURCE, "r0", layout, NODES, BACKING.created());
    Superblock created = BackingFormat.create(fresh, backing, false);
    assertEquals(created, BackingFormat.open(fresh, EXPECTED));
    assertEquals(layout, created.layout());
    assertEquals(BACKING.created(), created.created());

    BackingReader reader = new BackingReader(fresh, created);
    View first = new View(1, View.NO_NODE, 0, 0, 0, 0, true, true, 1, List.of());
    for (int node = 0; node < 2; node++) {
      assertEquals(
          new SlotRecord(node, 1, 0, 1, 0, 0, null, first, 0, 0), reader.slots(node).latest());
      assertEquals(new CheckpointRecord(node, 1, 0, 1, 0, 1, 0), reader.checkpoints(node).latest());
    }
  }

  @Test
  void shouldHaveTheDocumentedBytesWhenASuperblockIsEncoded() {
    Superblock superblock =
        new Superblock(
            LogFixture.RESOURCE,
            "r0",
            LAYOUT,
            NODES,
            0,
            1,
            Stagger.DEFAULT_CHUNK_BYTES,
            LAYOUT.totalBytes(),
            0,
            Instant.EPOCH);
    ByteBuffer block = ByteBuffer.allocate(4096);
    SuperblockCodec.encode(superblock, block);
    String expected =
        "5457494e4c4f4753"
            + "00000001"
            + "00000034"
            + "0a10"
            + "0123456789abcdef0011223344556677"
            + "1202"
            + "7230" // "r0"
            + "18"
            + "808002" // device: 32768
            + "20"
            + "8004" // sectors: 512
            + "28"
            + "80e006" // ring: 110592
            + "3205"
            + "616c706861" // "alpha"
            + "3204"
            + "62657461" // "beta"
            + "4001" // one shelf
            + "48"
            + "808012"; // shelf: 294912
    String hex = HexFormat.of().formatHex(block.array());
    assertEquals(expected, hex.substring(0, expected.length()));
    assertEquals(superblock, ((Intact) SuperblockCodec.decode(block)).superblock());
  }

  @Test
  void shouldSeeTheDamageWhenAnyBitOfASuperblockFlips() throws IOException {
    BackingFormat.create(shelf, BACKING, false);
    ByteBuffer block = shelf.bytes().slice((int) DEVICE_BYTES, 4096);
    for (int bit = 0; bit < 4096 * 8; bit++) {
      byte before = block.get(bit / 8);
      block.put(bit / 8, (byte) (before ^ (1 << (bit % 8))));
      assertTrue(!(SuperblockCodec.decode(block) instanceof Intact), "bit " + bit);
      block.put(bit / 8, before);
    }
    assertInstanceOf(Intact.class, SuperblockCodec.decode(block));
  }

  @Test
  void shouldKeepTheDataAreaWhenForcedOnAUsedShelf() throws IOException {
    new Random(1).nextBytes(shelf.bytes().array());
    byte[] data = new byte[(int) DEVICE_BYTES];
    shelf.bytes().get(0, data);
    createRefused(Reason.IN_USE);
    Superblock superblock = BackingFormat.create(shelf, BACKING, true);

    byte[] kept = new byte[(int) DEVICE_BYTES];
    shelf.bytes().get(0, kept);
    assertEquals(ByteBuffer.wrap(data), ByteBuffer.wrap(kept));
    BackingCheck.Report report = BackingCheck.run(shelf, superblock);
    assertEquals(List.of(), report.problems());
    assertTrue(report.complete());
  }

  @Test
  void shouldRefuseToFormatWhenTheShelfIsABacking() throws IOException {
    BackingFormat.create(shelf, BACKING, false);
    BackingRefusedException refusal =
        assertThrows(
            BackingRefusedException.class, () -> BackingFormat.create(shelf, BACKING, false));
    assertEquals(Reason.IN_USE, refusal.reason());
    assertTrue(refusal.getMessage().contains("is the backing of resource r0"));
  }

  @ParameterizedTest
  @CsvSource({
    "1080, 53ef, an ext2",
    "0, 58465342, an XFS",
    "512, 4c4142454c4f4e45, an LVM",
    "512, 4546492050415254, a disk with a GPT"
  })
  void shouldNameTheContentWhenTheShelfIsForeign(int offset, String magic, String what) {
    shelf.bytes().put(offset, HexFormat.of().parseHex(magic));
    String refusal = createRefused(Reason.IN_USE);
    assertTrue(refusal.contains("looks like " + what), refusal);
    String message = openRefused(Reason.FOREIGN);
    assertTrue(message.contains("it looks like " + what), message);
  }

  @Test
  void shouldRefuseToFormatWhenTheEndIsNotEmptyOrTheShelfTooSmall() {
    shelf.bytes().put((int) LAYOUT.totalBytes() - 1, (byte) 1);
    createRefused(Reason.IN_USE);
    shelf.resize(LAYOUT.totalBytes() - 1);
    assertTrue(createRefused(Reason.TOO_SMALL).contains("needs 294912"));
  }

  @Test
  void shouldRefuseToFormatWhenSectorsAreLargerThanRecordsAreSpaced() {
    MemoryShelf coarse = new MemoryShelf(LAYOUT.totalBytes(), 4096);
    BackingRefusedException refusal =
        assertThrows(
            BackingRefusedException.class, () -> BackingFormat.create(coarse, BACKING, true));
    assertEquals(Reason.OTHER_SECTORS, refusal.reason());
  }

  @Test
  void shouldSayToCreateWhenTheShelfIsBlank() {
    assertTrue(openRefused(Reason.BLANK).contains("twinlog create r0"));
    shelf.resize(0);
    openRefused(Reason.BLANK);
  }

  @Test
  void shouldRefuseWhenTheShelfHoldsSomethingUnknown() {
    new Random(2).nextBytes(shelf.bytes().array());
    openRefused(Reason.FOREIGN);
  }

  @Test
  void shouldNameBothSizesWhenTheShelfWasResized() throws IOException {
    BackingFormat.create(shelf, BACKING, false);
    shelf.resize(LAYOUT.totalBytes() - 4096);
    String truncated = openRefused(Reason.TRUNCATED);
    assertTrue(truncated.contains("says 294912 bytes, it has 290816"), truncated);
    shelf.resize(DEVICE_BYTES + 4096);
    openRefused(Reason.TRUNCATED);
    shelf.resize(LAYOUT.totalBytes() + 8192);
    openRefused(Reason.GROWN);
  }

  @Test
  void shouldNameTheIntactOneWhenASuperblockIsDamaged() throws IOException {
    BackingFormat.create(shelf, BACKING, false);
    int main = (int) LAYOUT.totalBytes() - 4096;
    for (int[] pair : new int[][] {{main, (int) DEVICE_BYTES}, {(int) DEVICE_BYTES, main}}) {
      byte before = shelf.bytes().get(pair[0] + 100);
      shelf.bytes().put(pair[0] + 100, (byte) (before ^ 1));
      String message = openRefused(Reason.DAMAGED);
      String fix = "copy block %d over block %d".formatted(pair[1] / 4096, pair[0] / 4096);
      assertTrue(message.contains(fix), message);
      // What the message advises helps.
      shelf.bytes().put(pair[0], shelf.bytes(), pair[1], 4096);
      BackingFormat.open(shelf, EXPECTED);
    }
    shelf.bytes().put(main + 100, (byte) -1).put((int) DEVICE_BYTES + 100, (byte) -1);
    assertTrue(openRefused(Reason.DAMAGED).contains("no intact superblock"));
  }

  @Test
  void shouldRefuseWhenTheFormatIsNewer() throws IOException {
    BackingFormat.create(shelf, BACKING, false);
    forge(LAYOUT.totalBytes() - 4096, 8, 3);
    assertTrue(openRefused(Reason.NEWER_FORMAT).contains("format version 3"));
    assertInstanceOf(
        NewerFormat.class,
        SuperblockCodec.decode(shelf.bytes().slice((int) LAYOUT.totalBytes() - 4096, 4096)));
  }

  @Test
  void shouldRefuseWhenARecordBreaksTheRulesThoughItsChecksumIsRight() throws IOException {
    BackingFormat.create(shelf, BACKING, false);
    long main = LAYOUT.totalBytes() - 4096;
    for (int length : new int[] {-1, 4077, 3, 0}) {
      forge(main, 12, length);
      assertInstanceOf(
          Damaged.class, SuperblockCodec.decode(shelf.bytes().slice((int) main, 4096)));
    }
  }

  @Test
  void shouldRefuseWhenTheConfigurationMeansAnother() throws IOException {
    BackingFormat.create(shelf, BACKING, false);
    openRefused(Reason.OTHER_RESOURCE, new ExpectedBacking(null, "r1", DEVICE_BYTES, NODES));
    openRefused(
        Reason.OTHER_RESOURCE, new ExpectedBacking(new UUID(1, 1), "r0", DEVICE_BYTES, NODES));
    openRefused(Reason.OTHER_SIZE, new ExpectedBacking(null, "r0", 2 * DEVICE_BYTES, NODES));
    openRefused(
        Reason.OTHER_NODES,
        new ExpectedBacking(null, "r0", DEVICE_BYTES, List.of("beta", "alpha")));
    BackingFormat.open(shelf, new ExpectedBacking(LogFixture.RESOURCE, "r0", DEVICE_BYTES, NODES));
  }

  @Test
  void shouldBeABackingOrNoneWhenPowerFailsAtAnyStepOfCreate() throws IOException {
    for (long steps = 0; ; steps++) {
      for (MemoryShelf.Crash how : MemoryShelf.Crash.values()) {
        MemoryShelf crashed = new MemoryShelf(LAYOUT.totalBytes(), 512);
        BackingFormat.create(crashed, BACKING, false);
        NewBacking again = new NewBacking(new UUID(7, 7), "r0", LAYOUT, NODES, BACKING.created());
        crashed.failAfter(steps);
        boolean done = creates(crashed, again);
        crashed.crash(how, new Random(steps));
        try {
          Superblock opened = BackingFormat.open(crashed, EXPECTED);
          BackingCheck.Report report = BackingCheck.run(crashed, opened);
          assertTrue(report.complete(), report.text());
          assertEquals(1, report.view().number());
        } catch (BackingRefusedException e) {
          assertTrue(!done, e.getMessage());
        }
        if (done) {
          return;
        }
      }
    }
  }

  private static boolean creates(MemoryShelf shelf, NewBacking backing) {
    try {
      BackingFormat.create(shelf, backing, true);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void shouldNotReadAnEarlierLogWhenTheShelfIsFormattedAgain() throws IOException {
    Superblock first = BackingFormat.create(shelf, BACKING, false);
    ByteBuffer piece = ByteBuffer.allocateDirect(8192);
    PieceEncoder encoder = LogFixture.encoder(0, 1, new RingEnd(1, 0, 0));
    encoder.begin(1, 0, 1);
    piece.position(4096).put("old".getBytes(StandardCharsets.US_ASCII));
    encoder.encode(piece, new long[] {Run.data(0, 1)}, 1, true);
    shelf.bytes().put((int) LAYOUT.ringOffset(0), piece, 0, 8192);
    assertEquals(1, BackingCheck.run(shelf, first).nodes().get(0).ring().batches().size());

    Superblock second =
        BackingFormat.create(
            shelf, new NewBacking(new UUID(7, 7), "r0", LAYOUT, NODES, Instant.EPOCH), true);
    assertEquals(0, BackingCheck.run(shelf, second).nodes().get(0).ring().batches().size());
  }
}
