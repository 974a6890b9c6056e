package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.log.Layout.Span;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Design, section 4: "Data at offset 0, metadata at the end". */
class LayoutTest {

  private static final long MIB = 1 << 20;

  @Test
  void shouldPlaceEveryAreaAsDocumentedWhenTheDeviceIsSmall() {
    Layout layout = Layout.of(8 * 4096, 512, 27 * 4096);
    assertEquals(32768, layout.superblockCopyOffset());
    assertEquals(36864, layout.slotAreaOffset(0));
    assertEquals(45056, layout.slotAreaOffset(1));
    assertEquals(53248, layout.bitmapOffset());
    assertEquals(8192, layout.bitmapBytes());
    assertEquals(61440, layout.checkpointAreaOffset(0));
    assertEquals(65536, layout.checkpointAreaOffset(1));
    assertEquals(69632, layout.ringOffset(0));
    assertEquals(69632 + 27 * 4096, layout.ringOffset(1));
    assertEquals(69632 + 54 * 4096 + 4096, layout.totalBytes());
    assertEquals(69632 + 54 * 4096, Layout.superblockOffset(layout.totalBytes()));
  }

  @ParameterizedTest
  @CsvSource({"32768, 512", "32768, 4096", "268435456, 512", "1099511627776, 4096"})
  void shouldAlignEveryAreaWhenSizesVary(long deviceBytes, int sectorBytes) {
    Layout layout = Layout.of(deviceBytes, sectorBytes, 0);
    List<Long> offsets =
        List.of(
            layout.superblockCopyOffset(),
            layout.slotAreaOffset(0),
            layout.slotAreaOffset(1),
            layout.bitmapOffset(),
            layout.checkpointAreaOffset(0),
            layout.checkpointAreaOffset(1),
            layout.ringOffset(0),
            layout.ringOffset(1),
            layout.totalBytes());
    for (int i = 0; i < offsets.size(); i++) {
      assertEquals(0, offsets.get(i) % 4096);
      assertTrue(i == 0 || offsets.get(i) > offsets.get(i - 1));
    }
    assertEquals(16L * sectorBytes, layout.slotAreaOffset(1) - layout.slotAreaOffset(0));
    assertEquals(8L * sectorBytes, layout.checkpointAreaOffset(1) - layout.checkpointAreaOffset(0));
  }

  @Test
  void shouldWalkRoundTheSectorsWhenSequencesGrow() {
    Layout layout = Layout.of(MIB, 4096, 0);
    assertEquals(layout.slotAreaOffset(1), layout.slotOffset(1, 0));
    assertEquals(layout.slotAreaOffset(1) + 15 * 4096L, layout.slotOffset(1, 15));
    assertEquals(layout.slotAreaOffset(1), layout.slotOffset(1, 32));
    assertEquals(layout.checkpointAreaOffset(0) + 4096, layout.checkpointOffset(0, 9));
  }

  @Test
  void shouldHaveRoomForTwoWholeDeviceBatchesWhenTheRingIsOfDefaultSize() {
    Layout layout = Layout.of(256 * MIB, 512, 0);
    assertEquals(256 * MIB + 1024 * 4096, layout.maxBatchBytes());
    assertEquals(2 * layout.maxBatchBytes() + 4 * MIB, layout.ringBytes());
    assertEquals(27 * 4096, Layout.minimumRingBytes(8 * 4096));
  }

  @Test
  void shouldSplitARangeWhenItCrossesTheEndOfTheRing() {
    Layout layout = Layout.of(8 * 4096, 512, 27 * 4096);
    long ring = layout.ringOffset(1);
    long lap = layout.ringBytes();
    assertEquals(List.of(new Span(ring + 4096, 8192)), layout.ringSpans(1, 3 * lap + 4096, 8192));
    assertEquals(
        List.of(new Span(ring + lap - 4096, 4096), new Span(ring, 8192)),
        layout.ringSpans(1, 7 * lap - 4096, 12288));
    assertEquals(
        List.of(new Span(ring + lap - 4096, 4096)), layout.ringSpans(1, 7 * lap - 4096, 4096));
    assertThrows(IllegalArgumentException.class, () -> layout.ringSpans(1, 0, lap + 1));
    assertThrows(IllegalArgumentException.class, () -> layout.ringSpans(2, 0, 4096));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 512, 0",
    "4095, 512, 0",
    "1099511631872, 512, 0",
    "32768, 1024, 0",
    "32768, 512, 106496",
    "32768, 512, 110593",
    "32768, 512, -4096"
  })
  void shouldRefuseWhenASizeIsWrong(long deviceBytes, int sectorBytes, long ringBytes) {
    assertThrows(
        IllegalArgumentException.class, () -> Layout.of(deviceBytes, sectorBytes, ringBytes));
  }
}
