package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockDigestsTest {
  private static final int BLOCK = BlockTable.BLOCK_BYTES;

  @Test
  void shouldKnowABlockAgainAndNoOther() {
    HeapRam ram = new HeapRam(2 * BLOCK);
    new Random(1).nextBytes(ram.bytes());
    BlockDigests here = new BlockDigests();
    BlockDigests there = new BlockDigests();
    here.begin(7);
    there.begin(7);
    ByteBuf digests = Unpooled.buffer();
    here.append(ram, 0, digests);
    here.append(ram, 1, digests);
    assertEquals(2 * BlockDigests.BYTES, digests.readableBytes());

    ByteBuffer both = ByteBuffer.wrap(ram.bytes());
    assertEquals(both.slice(0, BLOCK), there.copyOf(both));
    assertTrue(there.isCopyOf(digests.getLong(0), digests.getLong(8)));
    assertFalse(there.isCopyOf(digests.getLong(16), digests.getLong(24)));
    assertEquals(both.slice(BLOCK, BLOCK), there.copyOf(both));
    assertTrue(there.isCopyOf(digests.getLong(16), digests.getLong(24)));
    for (int bit = 0; bit < 8 * BLOCK; bit += 4099) {
      ram.bytes()[bit / 8] ^= (byte) (1 << bit % 8);
      there.copyOf(ByteBuffer.wrap(ram.bytes()));
      assertFalse(there.isCopyOf(digests.getLong(0), digests.getLong(8)));
      ram.bytes()[bit / 8] ^= (byte) (1 << bit % 8);
    }
  }

  @Test
  void shouldDifferFromSeedToSeed() {
    HeapRam ram = new HeapRam(BLOCK);
    BlockDigests digests = new BlockDigests();
    ByteBuf out = Unpooled.buffer();
    digests.begin(7);
    digests.append(ram, 0, out);
    digests.begin(8);
    digests.append(ram, 0, out);
    assertFalse(out.getLong(0) == out.getLong(16) || out.getLong(8) == out.getLong(24));
  }
}
