package io.twinlog.blockdev.ram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The device against a byte array, with random calls of fixed seeds and windows of 512 bytes. */
class MappedRamModelTest {

  private static final int SIZE = 7 * 512 + 300;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldHoldWhatAnArrayWouldWhenCalledAtRandom(long seed) {
    Random random = new Random(seed);
    byte[] model = new byte[SIZE];
    try (MappedRam ram = MappedRam.unlocked(SIZE, 512)) {
      for (int i = 0; i < 1_500; i++) {
        int offset = random.nextInt(SIZE + 1);
        int length = random.nextInt(SIZE + 1 - offset);
        step(random, ram, model, offset, length);
      }
      byte[] all = new byte[SIZE];
      ram.read(0, ByteBuffer.wrap(all));
      assertArrayEquals(model, all);
    }
  }

  private static void step(Random random, MappedRam ram, byte[] model, int offset, int length) {
    switch (random.nextInt(6)) {
      case 0 -> {
        ByteBuf source = randomBuffer(random, length);
        source.getBytes(source.readerIndex(), model, offset, length);
        ram.write(offset, source);
        assertEquals(length, source.readableBytes());
        source.release();
      }
      case 1 -> {
        ByteBuffer source = ByteBuffer.wrap(randomBytes(random, length));
        ram.write(offset, source);
        source.flip().get(model, offset, length);
      }
      case 2 -> {
        ram.zero(offset, length);
        Arrays.fill(model, offset, offset + length, (byte) 0);
      }
      case 3 -> {
        ByteBuf target = PooledByteBufAllocator.DEFAULT.buffer();
        ram.read(offset, target, length);
        assertEquals(Unpooled.wrappedBuffer(model, offset, length), target);
        target.release();
      }
      case 4 -> {
        ByteBuffer target = ByteBuffer.allocateDirect(length);
        ram.read(offset, target);
        assertEquals(ByteBuffer.wrap(model, offset, length), target.flip());
      }
      default ->
          assertEquals(
              Arrays.mismatch(model, offset, offset + length, new byte[length], 0, length) < 0,
              ram.isZero(offset, length));
    }
  }

  private static ByteBuf randomBuffer(Random random, int length) {
    PooledByteBufAllocator pool = PooledByteBufAllocator.DEFAULT;
    return switch (random.nextInt(3)) {
      case 0 -> pool.directBuffer().writeBytes(randomBytes(random, length));
      case 1 -> Unpooled.wrappedBuffer(randomBytes(random, length)).asReadOnly();
      default -> {
        CompositeByteBuf pieces = pool.compositeBuffer();
        int left = length;
        while (left > 0) {
          int piece = Math.min(left, 200 + random.nextInt(1000));
          pieces.addComponent(true, pool.directBuffer().writeBytes(randomBytes(random, piece)));
          left -= piece;
        }
        yield pieces;
      }
    };
  }

  /** Half of the time with many zeros, so that isZero has both answers. */
  private static byte[] randomBytes(Random random, int length) {
    byte[] bytes = new byte[length];
    if (random.nextBoolean()) {
      random.nextBytes(bytes);
    }
    return bytes;
  }
}
