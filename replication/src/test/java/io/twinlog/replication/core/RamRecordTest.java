package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RamRecordTest {
  private static final long DEVICE_BYTES = 16 * BlockTable.BLOCK_BYTES;
  private static final UUID RESOURCE = new UUID(1, 2);
  private static final UUID BOOT = new UUID(3, 4);

  private final ByteBuffer header = ByteBuffer.allocate(RamRecord.HEADER_BYTES);
  private final ByteBuffer table = ByteBuffer.allocate((int) RamRecord.tableBytes(DEVICE_BYTES));

  private RamRecord open(UUID resource, int node, long size, UUID boot) {
    return RamRecord.open(header, table, resource, node, size, boot);
  }

  private RamRecord again() {
    return open(RESOURCE, 1, DEVICE_BYTES, BOOT);
  }

  @Test
  void shouldKnowNothingWhenTheMemoryIsNew() {
    RamRecord record = again();
    assertEquals(0, record.view());
    assertFalse(record.isTorn());
  }

  @Test
  void shouldTellWhatWasSaidLastWhenTheProcessEnds() {
    RamRecord record = again();
    record.incarnation(77);
    record.slotSequence(5);
    record.follow(3, 100);
    record.begin(101, 4096, 512);
    record.lastChanged(1, 101);
    record.end(101);
    RamRecord found = again();
    assertEquals(77, found.incarnation());
    assertEquals(5, found.slotSequence());
    assertEquals(3, found.view());
    assertEquals(101, found.number());
    assertFalse(found.isTorn());
    assertEquals(101, found.lastChanged(1));
    assertEquals(0, found.lastChanged(0));
  }

  @Test
  void shouldTellWhichWriteIsTornWhenTheProcessEndsInTheMiddleOfIt() {
    RamRecord record = again();
    record.follow(3, 100);
    record.begin(101, 8192, 5000);
    RamRecord found = again();
    assertTrue(found.isTorn());
    assertEquals(100, found.number());
    assertEquals(8192, found.tornOffset());
    assertEquals(5000, found.tornLength());
    found.follow(found.view(), found.number());
    assertFalse(again().isTorn());
  }

  @Test
  void shouldBeginAnewWhenTheMemoryIsOfAnotherBootNodeResourceOrSize() {
    again().follow(3, 100);
    assertEquals(3, again().view());
    assertEquals(0, open(RESOURCE, 1, DEVICE_BYTES, new UUID(3, 5)).view());
    again().follow(3, 100);
    assertEquals(0, open(RESOURCE, 0, DEVICE_BYTES, BOOT).view());
    again().follow(3, 100);
    assertEquals(0, open(new UUID(1, 3), 1, DEVICE_BYTES, BOOT).view());
    again().follow(3, 100);
    assertEquals(0, open(RESOURCE, 1, DEVICE_BYTES - 4096, BOOT).view());
  }

  @Test
  void shouldBeginAnewWhenTheHeaderIsDamaged() {
    for (int at = 0; at < 64; at++) {
      again().follow(3, 100);
      header.put(at, (byte) (header.get(at) ^ 1));
      assertEquals(0, again().view(), "byte " + at);
    }
  }

  @Test
  void shouldHoldNothingWhenRamEndsWithItsProcess() {
    RamRecord.NONE.follow(3, 100);
    RamRecord.NONE.begin(101, 0, 1);
    RamRecord.NONE.lastChanged(0, 101);
    assertEquals(0, RamRecord.NONE.view());
  }
}
