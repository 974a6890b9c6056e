package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.replication.core.ReplicaConfig;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class BufferPoolTest {

  private final BufferPool pool = new BufferPool(new BufferLimits(3, 2));

  @Test
  void shouldGiveAlignedDirectBuffersWhenAsked() {
    for (int bytes : new int[] {512, 4096, 512, 8192, ReplicaConfig.PIECE_BYTES}) {
      ByteBuffer buffer = pool.acquire(bytes);
      assertTrue(buffer.isDirect());
      assertEquals(0, buffer.position());
      assertEquals(bytes, buffer.limit());
      assertEquals(0, buffer.alignmentOffset(0, 4096));
    }
    assertEquals(5, pool.outstanding());
  }

  @Test
  void shouldGiveTheSameMemoryAgainWhenItWasGivenBack() {
    ByteBuffer buffer = pool.acquire(1024);
    buffer.position(100);
    pool.release(buffer);
    ByteBuffer again = pool.acquire(512);
    assertSame(buffer, again);
    assertEquals(0, again.position());
    assertEquals(512, again.limit());
  }

  @Test
  void shouldRefuseWhenTheLimitIsReached() {
    pool.acquire(8192);
    pool.acquire(8192);
    assertThrows(IllegalStateException.class, () -> pool.acquire(8192));
    assertThrows(
        IllegalArgumentException.class, () -> pool.acquire(ReplicaConfig.PIECE_BYTES + 512));
  }

  @Test
  void shouldRefuseWhenABufferComesBackTwiceOrIsForeign() {
    ByteBuffer buffer = pool.acquire(512);
    pool.release(buffer);
    assertThrows(IllegalStateException.class, () -> pool.release(buffer));
    ByteBuffer foreign = ByteBuffer.allocateDirect(4096);
    assertThrows(IllegalStateException.class, () -> pool.release(foreign));
  }
}
