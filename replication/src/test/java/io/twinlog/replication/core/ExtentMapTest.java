package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExtentMapTest {

  @Test
  void shouldKeepEachBlockWhenTheDeviceIsSmall() {
    BitSet blocks = new BitSet();
    blocks.set(0);
    blocks.set(7, 10);
    blocks.set(65_535);
    assertEquals(blocks, roundTrip(blocks, 65_536));
    assertEquals(new BitSet(), roundTrip(new BitSet(), 65_536));
  }

  @Test
  void shouldHoldWholeExtentsWhenTheDeviceIsLarge() {
    int deviceBlocks = 4 * ExtentMap.MAX_BITS - 1;
    BitSet blocks = new BitSet();
    blocks.set(5);
    blocks.set(deviceBlocks - 1);
    BitSet extents = roundTrip(blocks, deviceBlocks);
    BitSet expected = new BitSet();
    expected.set(4, 8);
    expected.set(deviceBlocks - 3, deviceBlocks);
    assertEquals(expected, extents);
    assertEquals(extents, roundTrip(extents, deviceBlocks));
  }

  @Test
  void shouldFitAFrameWhenTheDeviceIsTheLargest() {
    BitSet blocks = new BitSet();
    blocks.set(0, 1 << 28);
    byte[] bytes = ExtentMap.of(blocks, 1 << 28).toBytes();
    assertTrue(bytes.length <= 32 << 10, () -> bytes.length + " bytes");
  }

  @Test
  void shouldStayInsideTheDeviceWhenThePeerSendsMoreBits() {
    byte[] bytes = new byte[100];
    new Random(1).nextBytes(bytes);
    BitSet blocks = new BitSet();
    ExtentMap.ofBytes(bytes).addTo(blocks, 77);
    assertTrue(blocks.length() <= 77, blocks::toString);
  }

  private static BitSet roundTrip(BitSet blocks, int deviceBlocks) {
    BitSet back = new BitSet();
    byte[] bytes = ExtentMap.of(blocks, deviceBlocks).toBytes();
    ExtentMap.ofBytes(bytes).addTo(back, deviceBlocks);
    return back;
  }
}
