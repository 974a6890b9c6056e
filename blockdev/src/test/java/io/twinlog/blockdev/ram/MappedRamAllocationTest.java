package io.twinlog.blockdev.ram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The way of a write and of a read through the device allocates nothing on the heap. */
class MappedRamAllocationTest {

  private static final int ROUNDS = 20_000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void shouldAllocateNothingWhenBytesAreCopied() {
    try (MappedRam ram = MappedRam.unlocked(1 << 20, 64 << 10)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
      assertAllocatesNothing(
          () -> {
            ram.write((64 << 10) - 100, buffer.clear());
            ram.read((64 << 10) - 100, buffer.clear());
            ram.zero(60 << 10, 70 << 10);
            assertTrue(ram.isZero(60 << 10, 70 << 10));
          });
    }
  }

  @Test
  void shouldAllocateNothingWhenPayloadIsPooledDirect() {
    // Without Unsafe, Netty makes one small duplicate of its buffer for each copy.
    assumeTrue(PlatformDependent.hasUnsafe(), "SKIPPED: Netty runs without Unsafe here");
    ByteBuf payload = untracked().writeZero(4096);
    ByteBuf slice = payload.slice(512, 2048);
    ByteBuf target = untracked();
    try (MappedRam ram = MappedRam.unlocked(1 << 20, 64 << 10)) {
      assertAllocatesNothing(
          () -> {
            ram.write((64 << 10) - 100, payload);
            ram.write((64 << 10) - 100, slice);
            ram.read((64 << 10) - 100, target.clear(), 4096);
          });
    }
    payload.release();
    target.release();
  }

  /** A buffer as in production: one that is watched for leaks notes every access on the heap. */
  private static ByteBuf untracked() {
    ResourceLeakDetector.Level level = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    try {
      return PooledByteBufAllocator.DEFAULT.directBuffer(4096);
    } finally {
      ResourceLeakDetector.setLevel(level);
    }
  }

  private void assertAllocatesNothing(Runnable round) {
    // Classes are loaded and the interpreter's first traces gone before anything is counted.
    for (int i = 0; i < ROUNDS; i++) {
      round.run();
    }
    // The measuring itself allocates now and then, and so may a compilation that ends meanwhile;
    // an allocation in each round would show in every one of these.
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 5; attempt++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < ROUNDS; i++) {
        round.run();
      }
      least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertEquals(0, least / ROUNDS, "bytes allocated in each round");
  }
}
