package io.twinlog.blockdev.shelf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class IoBuffersTest {

  @Test
  void shouldBeAlignedWhenAllocated() {
    for (int size : new int[] {0, 1, 512, 4096, 1 << 20}) {
      ByteBuffer buffer = AlignedBuffers.allocate(size);
      assertTrue(buffer.isDirect());
      assertEquals(size, buffer.capacity());
      assertEquals(0, buffer.alignmentOffset(0, AlignedBuffers.ALIGNMENT_BYTES));
    }
  }

  @Test
  void shouldLendEachBufferOnceWhenAcquired() {
    IoBuffers pool = new IoBuffers(2, 8192);
    ByteBuffer first = pool.acquire(512);
    ByteBuffer second = pool.acquire(8192);
    assertNotSame(first, second);
    assertEquals(512, first.remaining());
    assertEquals(8192, second.remaining());
    assertEquals(0, pool.available());
    assertNull(pool.acquire(512));
    pool.release(first.position(100));
    assertEquals(1, pool.available());
    assertEquals(4096, pool.acquire(4096).remaining());
  }

  @Test
  void shouldRefuseWhenReleasedTwiceOrForeign() {
    IoBuffers pool = new IoBuffers(2, 4096);
    ByteBuffer buffer = pool.acquire(4096);
    pool.release(buffer);
    assertThrows(IllegalStateException.class, () -> pool.release(buffer));
    ByteBuffer equalButForeign = AlignedBuffers.allocate(4096);
    assertThrows(IllegalArgumentException.class, () -> pool.release(equalButForeign));
    assertThrows(IllegalArgumentException.class, () -> pool.acquire(4097));
    assertEquals(2, pool.available());
  }
}
