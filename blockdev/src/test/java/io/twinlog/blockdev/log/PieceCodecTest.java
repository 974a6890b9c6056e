package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Design, section 4: "Batch". */
class PieceCodecTest {

  private final ByteBuffer piece =
      ByteBuffer.allocateDirect(PieceEncoder.HEADER_BYTES + PieceHeader.MAX_DATA_BYTES);
  private final PieceEncoder encoder =
      LogFixture.encoder(1, 0x22, new RingEnd(12, 40960, 0x01020304));

  @Test
  void shouldHaveTheDocumentedBytesWhenAPieceIsEncoded() {
    encoder.begin(7, 90, 100);
    piece.position(PieceEncoder.HEADER_BYTES);
    piece.put(LogFixture.content(0x5A5A5A5A)).put(LogFixture.content(0x6B6B6B6B));
    long position =
        encoder.encode(piece, new long[] {Run.data(3, 2), Run.zero(0x8000000000L, 5)}, 2, true);

    assertEquals(40960, position);
    assertEquals(12288, piece.remaining());
    byte[] header = new byte[4096];
    piece.get(0, header);
    String hex = HexFormat.of().formatHex(header);
    String expected =
        "5457494e50494543"
            + "00000001"
            + "01"
            + "01"
            + "0002"
            + "0123456789abcdef0011223344556677" // resource
            + "0000000000000022" // incarnation
            + "0000000000000007" // view
            + "000000000000000c" // sequence
            + "000000000000a000" // batch position
            + "000000000000a000" // position
            + "000000000000005a" // from
            + "0000000000000064" // cut
            + "00000000" // index
            + "01020304" // chain
            + "00002000" // data bytes
            + hex.substring(200, 208) // data CRC, checked below
            + "0".repeat(48)
            + "0000000003"
            + "000002" // 40 bits, then flag and count
            + "8000000000"
            + "800005";
    assertEquals(expected, hex.substring(0, expected.length()));
    assertEquals("0".repeat(8184 - expected.length()), hex.substring(expected.length(), 8184));
    assertEquals(Fields.crc32c(new CRC32C(), piece, 4096, 12288), piece.getInt(100));
  }

  @Test
  void shouldSayWhereTheNextBatchGoesWhenABatchIsComplete() {
    encoder.begin(7, 90, 90);
    encoder.encode(piece, new long[0], 0, true);
    RingEnd end = encoder.end();
    assertEquals(new RingEnd(13, 45056, piece.getInt(4092)), end);
    encoder.begin(7, 90, 91);
    assertThrows(IllegalStateException.class, encoder::end);
    encoder.rewind(end);
    assertEquals(end, encoder.end());
  }

  @Test
  void shouldSeeTheDamageWhenAnyBitOfAHeaderFlips() {
    encoder.begin(7, 90, 100);
    encoder.encode(piece, new long[] {Run.data(3, 1)}, 1, true);
    PieceHeader header = new PieceHeader();
    assertTrue(header.read(piece, 0));
    for (int bit = 0; bit < PieceHeader.BYTES * 8; bit++) {
      byte before = piece.get(bit / 8);
      piece.put(bit / 8, (byte) (before ^ (1 << (bit % 8))));
      assertFalse(header.read(piece, 0), "bit " + bit);
      piece.put(bit / 8, before);
    }
  }

  @Test
  void shouldSeeTheDamageWhenAHeaderIsTornAtAnyByte() {
    encoder.begin(7, 90, 100);
    encoder.encode(piece, new long[] {Run.data(3, 1)}, 1, true);
    ByteBuffer torn = ByteBuffer.allocate(PieceHeader.BYTES);
    PieceHeader header = new PieceHeader();
    for (int length = 0; length < PieceHeader.BYTES; length++) {
      torn.clear().put(new byte[PieceHeader.BYTES]).clear();
      torn.put(0, piece, 0, length);
      assertFalse(header.read(torn, 0), "length " + length);
    }
  }

  @Test
  void shouldRefuseWhenAPieceWouldHoldTooMuch() {
    encoder.begin(7, 90, 100);
    assertThrows(
        IllegalStateException.class,
        () -> encoder.encode(piece, new long[] {Run.data(0, 65)}, 1, true));
    assertThrows(
        IllegalStateException.class,
        () -> encoder.encode(piece, new long[496], PieceEncoder.MAX_RUNS + 1, true));
    assertThrows(IllegalStateException.class, () -> encoder.begin(7, 90, 100));
  }

  @Test
  void shouldComeApartWhenARunHasItsGreatestFields() {
    long run = Run.zero((1L << 40) - 1, Run.MAX_COUNT);
    assertEquals(-1, run);
    assertEquals((1L << 40) - 1, Run.startBlock(run));
    assertEquals(Run.MAX_COUNT, Run.count(run));
    assertTrue(Run.isZero(run));
    assertEquals(0, Run.dataBlocks(run));
    assertEquals(5, Run.dataBlocks(Run.data(0, 5)));
    assertThrows(IllegalArgumentException.class, () -> Run.data(1L << 40, 1));
    assertThrows(IllegalArgumentException.class, () -> Run.data(0, 0));
  }
}
