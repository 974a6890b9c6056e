package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Design, section 3 (slots) and section 4 (checkpoint records). */
class RecordCodecTest {

  private static final View CHOSEN =
      new View(
          7,
          1,
          3,
          0x11,
          0x22,
          100,
          true,
          false,
          1,
          List.of(new View.CutLimit(2, 40), new View.CutLimit(5, 90)));
  private static final View INPUT =
      new View(8, View.NO_NODE, 0, 0, 0, 120, false, true, 1, List.of());
  private static final SlotRecord SLOT =
      new SlotRecord(1, 0x2A, 0x22, 8, 17, 16, INPUT, CHOSEN, 99, -2);
  private static final CheckpointRecord CHECKPOINT =
      new CheckpointRecord(0, 3, 0x11, 7, 90, 12, 8192);

  @Test
  void shouldHaveTheDocumentedBytesWhenASlotIsEncoded() {
    String expected =
        "5457534c"
            + "0001"
            + "01"
            + "00"
            + "000000000000002a" // sequence
            + "0000000000000022" // incarnation
            + "0000000000000008" // mark
            + "0000000000000011" // promised
            + "0000000000000010" // accepted
            + "0000000000000063" // counter
            + "fffffffffffffffe" // nonce
            + "0100000000000000" // has input
            + "0000000000000008"
            + "ff"
            + "00"
            + "02"
            + "00"
            + "00000001"
            + "0000000000000000"
            + "0000000000000000"
            + "0000000000000078"
            + "0000000000000007"
            + "01"
            + "03"
            + "01"
            + "02"
            + "00000001"
            + "0000000000000011"
            + "0000000000000022"
            + "0000000000000064"
            + "0000000000000002"
            + "0000000000000028"
            + "0000000000000005"
            + "000000000000005a";
    ByteBuffer sector = ByteBuffer.allocate(512);
    SlotCodec.encode(SLOT, sector);

    String hex = HexFormat.of().formatHex(sector.array());
    assertEquals(expected, hex.substring(0, expected.length()));
    assertEquals("0".repeat(1016 - expected.length()), hex.substring(expected.length(), 1016));
  }

  @Test
  void shouldHaveTheDocumentedBytesWhenACheckpointIsEncoded() {
    String expected =
        "54574350"
            + "0001"
            + "00"
            + "00"
            + "0000000000000003" // sequence
            + "0000000000000011" // incarnation
            + "0000000000000007" // view
            + "000000000000005a" // position
            + "000000000000000c" // tail batch
            + "0000000000002000"; // tail position
    ByteBuffer sector = ByteBuffer.allocate(512);
    CheckpointCodec.encode(CHECKPOINT, sector);

    String hex = HexFormat.of().formatHex(sector.array());
    assertEquals(expected, hex.substring(0, expected.length()));
    assertEquals("0".repeat(1016 - expected.length()), hex.substring(expected.length(), 1016));
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void shouldComeBackWhenARecordIsEncodedInASectorOfAnySize(int sectorBytes) {
    ByteBuffer sector = ByteBuffer.allocateDirect(sectorBytes + 64).order(ByteOrder.LITTLE_ENDIAN);
    sector.position(64);
    SlotCodec.encode(SLOT, sector);
    assertEquals(SLOT, SlotCodec.decode(sector));
    assertEquals(64, sector.position());

    CheckpointCodec.encode(CHECKPOINT, sector);
    assertEquals(CHECKPOINT, CheckpointCodec.decode(sector));
    assertNull(SlotCodec.decode(sector));
  }

  @Test
  void shouldComeBackWhenEveryFieldIsAtItsMaximum() {
    long max = Long.MAX_VALUE;
    List<View.CutLimit> limits = new ArrayList<>();
    for (int i = 0; i < View.MAX_LIMITS; i++) {
      limits.add(new View.CutLimit(max - i, max));
    }
    View chosen = new View(max, 1, 3, -1, -1, max, true, true, -1, limits);
    View input = new View(max, 1, 3, -1, -1, max, true, true, -1, List.of());
    SlotRecord slot = new SlotRecord(1, max, -1, max, max, max, input, chosen, max, -1);

    ByteBuffer sector = ByteBuffer.allocate(512);
    SlotCodec.encode(slot, sector);
    assertEquals(slot, SlotCodec.decode(sector));
  }

  @Test
  void shouldComeBackWhenNothingIsProposed() {
    SlotRecord slot = new SlotRecord(0, 1, 5, 1, 0, 0, null, CHOSEN, 0, 0);
    ByteBuffer sector = ByteBuffer.allocate(512);
    SlotCodec.encode(slot, sector);
    assertEquals(slot, SlotCodec.decode(sector));
  }

  @Test
  void shouldRefuseWhenLimitsDoNotFit() {
    List<View.CutLimit> limits = new ArrayList<>();
    for (int i = 0; i <= View.MAX_LIMITS; i++) {
      limits.add(new View.CutLimit(i + 1, i));
    }
    View tooMany = new View(30, 0, 1, 1, 0, 0, false, false, 1, limits);
    ByteBuffer sector = ByteBuffer.allocate(512);
    assertThrows(
        IllegalArgumentException.class,
        () -> SlotCodec.encode(new SlotRecord(0, 1, 1, 1, 0, 0, null, tooMany, 0, 0), sector));
    assertThrows(
        IllegalArgumentException.class,
        () -> SlotCodec.encode(new SlotRecord(0, 1, 1, 1, 1, 1, CHOSEN, CHOSEN, 0, 0), sector));
  }

  @Test
  void shouldSeeTheDamageWhenAnyBitOfARecordFlips() {
    ByteBuffer slot = ByteBuffer.allocate(512);
    SlotCodec.encode(SLOT, slot);
    assertEveryFlipIsSeen(slot, SlotCodec::decode);

    ByteBuffer checkpoint = ByteBuffer.allocate(512);
    CheckpointCodec.encode(CHECKPOINT, checkpoint);
    assertEveryFlipIsSeen(checkpoint, CheckpointCodec::decode);
  }

  @Test
  void shouldSeeTheDamageWhenARecordIsTruncatedAtAnyByte() {
    ByteBuffer whole = ByteBuffer.allocate(512);
    SlotCodec.encode(SLOT, whole);
    for (int length = 0; length < 512; length++) {
      assertNull(SlotCodec.decode(whole.slice(0, length)), "length " + length);
      ByteBuffer torn = ByteBuffer.allocate(512).put(whole.slice(0, length)).clear();
      // Only when the bytes cut off are zeros is nothing missing.
      boolean same = torn.equals(whole);
      assertEquals(same ? SLOT : null, SlotCodec.decode(torn), "length " + length);
    }
  }

  @Test
  void shouldSkipTheRecordWhenItsTailBreaksTheRules() {
    ByteBuffer sector = ByteBuffer.allocate(512);
    for (long tail : new long[] {-4096, 100, Long.MAX_VALUE - 4095}) {
      CheckpointCodec.encode(new CheckpointRecord(0, 1, 1, 1, 0, 1, tail), sector);
      assertNull(CheckpointCodec.decode(sector));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void shouldFindTheNewestWhenTheAreaHasBeenWalkedRound(int sectorBytes) {
    ByteBuffer area = ByteBuffer.allocate(Layout.SLOT_SECTORS * sectorBytes);
    assertNull(SlotArea.latest(area, 1));
    for (long sequence = 1; sequence <= 40; sequence++) {
      SlotRecord slot = new SlotRecord(1, sequence, 1, 1, 0, 0, null, CHOSEN, 0, 0);
      int at = (int) (sequence % Layout.SLOT_SECTORS) * sectorBytes;
      SlotCodec.encode(slot, area.slice(at, sectorBytes));
      assertEquals(slot, SlotArea.latest(area, 1));
    }
    assertEquals(List.of(), SlotArea.damaged(area, 1));
  }

  @Test
  void shouldFallBackToTheRecordBeforeWhenTheNewestIsDamaged() {
    ByteBuffer area = ByteBuffer.allocate(Layout.CHECKPOINT_SECTORS * 512);
    for (long sequence = 1; sequence <= 9; sequence++) {
      int at = (int) (sequence % Layout.CHECKPOINT_SECTORS) * 512;
      CheckpointCodec.encode(
          new CheckpointRecord(0, sequence, 1, 1, sequence, 1, 0), area.slice(at, 512));
    }
    area.put(512 + 300, (byte) 1);

    assertEquals(8, CheckpointArea.latest(area, 0).sequence());
    assertEquals(List.of(1), CheckpointArea.damaged(area, 0));
  }

  @Test
  void shouldIgnoreARecordWhenItBelongsToTheOtherNodeOrSector() {
    ByteBuffer area = ByteBuffer.allocate(Layout.CHECKPOINT_SECTORS * 512);
    CheckpointCodec.encode(new CheckpointRecord(1, 1, 1, 1, 5, 1, 0), area.slice(512, 512));
    CheckpointCodec.encode(new CheckpointRecord(0, 3, 1, 1, 5, 1, 0), area.slice(1024, 512));

    assertNull(CheckpointArea.latest(area, 0));
    assertEquals(List.of(1, 2), CheckpointArea.damaged(area, 0));
  }

  private static void assertEveryFlipIsSeen(
      ByteBuffer record, Function<ByteBuffer, Object> decoder) {
    for (int bit = 0; bit < 512 * 8; bit++) {
      byte before = record.get(bit / 8);
      record.put(bit / 8, (byte) (before ^ (1 << (bit % 8))));
      assertNull(decoder.apply(record), "bit " + bit);
      record.put(bit / 8, before);
    }
  }
}
