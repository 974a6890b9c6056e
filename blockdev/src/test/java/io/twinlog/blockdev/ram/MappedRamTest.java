package io.twinlog.blockdev.ram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class MappedRamTest {

  private static final int WINDOW = 4096;

  @Test
  void shouldReadZerosWhenNew() {
    try (MappedRam ram = MappedRam.unlocked(1 << 20)) {
      assertEquals(1 << 20, ram.sizeBytes());
      assertTrue(ram.isZero(0, 1 << 20));
    }
  }

  @Test
  void shouldCopyAcrossWindowsWhenSourceIsOneBuffer() {
    try (MappedRam ram = MappedRam.unlocked(4 * WINDOW, WINDOW)) {
      byte[] bytes = pattern(2 * WINDOW + 100);
      ByteBuf source = PooledByteBufAllocator.DEFAULT.directBuffer().writeZero(3).writeBytes(bytes);
      source.skipBytes(3);
      ram.write(WINDOW - 50, source);
      assertEquals(3, source.readerIndex());
      assertEquals(bytes.length, source.readableBytes());
      source.release();
      assertArrayEquals(bytes, read(ram, WINDOW - 50, bytes.length));
      assertTrue(ram.isZero(0, WINDOW - 50));
      assertTrue(ram.isZero(WINDOW - 50 + bytes.length, 4 * WINDOW - (WINDOW - 50 + bytes.length)));
    }
  }

  @Test
  void shouldCopyAcrossWindowsWhenSourceIsComposite() {
    try (MappedRam ram = MappedRam.unlocked(4 * WINDOW, WINDOW)) {
      byte[] bytes = pattern(9000);
      CompositeByteBuf source = PooledByteBufAllocator.DEFAULT.compositeDirectBuffer();
      source.addComponent(true, Unpooled.copiedBuffer(bytes, 0, 1000));
      source.addComponent(
          true, PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(bytes, 1000, 7000));
      source.addComponent(true, Unpooled.wrappedBuffer(bytes, 8000, 1000));
      ram.write(10, source);
      source.release();
      assertArrayEquals(bytes, read(ram, 10, bytes.length));
    }
  }

  @Test
  void shouldMovePositionOnlyWhenSourceIsByteBuffer() {
    try (MappedRam ram = MappedRam.unlocked(4 * WINDOW, WINDOW)) {
      byte[] bytes = pattern(2 * WINDOW);
      ByteBuffer source = ByteBuffer.wrap(bytes).position(5).limit(2 * WINDOW - 7);
      ram.write(77, source);
      assertEquals(2 * WINDOW - 7, source.position());
      assertEquals(2 * WINDOW - 7, source.limit());
      ByteBuffer target = ByteBuffer.allocate(2 * WINDOW).position(5).limit(2 * WINDOW - 7);
      ram.read(77, target);
      assertFalse(target.hasRemaining());
      assertEquals(source.flip().position(5), target.flip().position(5));
    }
  }

  @Test
  void shouldAppendAcrossWindowsWhenRead() {
    try (MappedRam ram = MappedRam.unlocked(4 * WINDOW, WINDOW)) {
      byte[] bytes = pattern(4 * WINDOW);
      ram.write(0, ByteBuffer.wrap(bytes));
      ByteBuf target = PooledByteBufAllocator.DEFAULT.directBuffer(16).writeByte(42);
      ram.read(100, target, 3 * WINDOW);
      assertEquals(42, target.readByte());
      byte[] read = new byte[3 * WINDOW];
      target.readBytes(read);
      assertFalse(target.isReadable());
      target.release();
      for (int i = 0; i < read.length; i++) {
        assertEquals(bytes[i + 100], read[i]);
      }
    }
  }

  @Test
  void shouldLeaveTargetAloneWhenItIsTooSmall() {
    try (MappedRam ram = MappedRam.unlocked(4 * WINDOW, WINDOW)) {
      ByteBuf target = Unpooled.buffer(WINDOW + 10, WINDOW + 10);
      assertThrows(
          IndexOutOfBoundsException.class, () -> ram.read(WINDOW - 10, target, WINDOW + 11));
      assertEquals(0, target.readableBytes());
    }
  }

  @Test
  void shouldFindEveryNonZeroByteWhenRangeIsChecked() {
    int size = 3 * WINDOW;
    try (MappedRam ram = MappedRam.unlocked(size, WINDOW)) {
      for (int at : List.of(0, 1, 7, 8, WINDOW - 1, WINDOW, 2 * WINDOW + 13, size - 1)) {
        ram.write(at, ByteBuffer.wrap(new byte[] {1}));
        assertFalse(ram.isZero(0, size));
        assertFalse(ram.isZero(at, 1));
        assertTrue(ram.isZero(0, at));
        assertTrue(ram.isZero(at + 1, size - at - 1));
        ram.zero(at, 1);
        assertTrue(ram.isZero(0, size));
      }
    }
  }

  @Test
  void shouldZeroOnlyTheRangeWhenItIsLongerThanOneCopy() {
    int size = 1 << 20;
    try (MappedRam ram = MappedRam.unlocked(size, 256 << 10)) {
      ram.write(0, ByteBuffer.wrap(pattern(size)));
      ram.zero(1000, size - 3000);
      assertTrue(ram.isZero(1000, size - 3000));
      assertArrayEquals(Arrays.copyOf(pattern(size), 1000), read(ram, 0, 1000));
      assertFalse(ram.isZero(999, 1));
      assertFalse(ram.isZero(size - 2000, 1));
    }
  }

  @Test
  void shouldRefuseEveryCallWhenRangeIsOutside() {
    long size = 2 * WINDOW;
    try (MappedRam ram = MappedRam.unlocked(size, WINDOW)) {
      for (long offset :
          new long[] {-1, size - 3, size, size + 1, Long.MAX_VALUE, Long.MIN_VALUE}) {
        for (Executable call : everyCall(ram, offset, 4)) {
          assertThrows(IndexOutOfBoundsException.class, call);
        }
      }
      assertThrows(IndexOutOfBoundsException.class, () -> ram.zero(0, -1));
      assertThrows(IndexOutOfBoundsException.class, () -> ram.isZero(1, Long.MAX_VALUE));
      assertThrows(IndexOutOfBoundsException.class, () -> ram.read(0, Unpooled.buffer(), -1));
      assertTrue(ram.isZero(0, size));
    }
  }

  @Test
  void shouldTakeEmptyRangesWhenTheyEndAtTheEnd() {
    long size = 2 * WINDOW;
    try (MappedRam ram = MappedRam.unlocked(size, WINDOW)) {
      for (Executable call : everyCall(ram, size, 0)) {
        assertDoesNotThrow(call);
      }
      assertTrue(ram.isZero(size, 0));
    }
  }

  @Test
  void shouldRefuseEveryCallWhenClosed() {
    MappedRam ram = MappedRam.unlocked(WINDOW);
    ram.close();
    ram.close();
    for (Executable call : everyCall(ram, 0, 4)) {
      assertThrows(IllegalStateException.class, call);
    }
    for (Executable call : everyCall(ram, 0, 0)) {
      assertThrows(IllegalStateException.class, call);
    }
  }

  @Test
  void shouldReachTheWholeDeviceWhenItIsLargerThanAWindow() {
    // Nothing but the touched pages is ever present.
    long size = 5L << 30;
    try (MappedRam ram = MappedRam.unlocked(size)) {
      byte[] text = "across the border".getBytes(StandardCharsets.US_ASCII);
      for (long at : new long[] {(1L << 30) - 5, (2L << 30) - 5, (4L << 30) - 5, size - 17}) {
        ram.write(at, ByteBuffer.wrap(text));
        assertArrayEquals(text, read(ram, at, text.length));
      }
    }
  }

  @Test
  void shouldFailWithTheCallWhenMemoryIsNotToBeHad() {
    UncheckedIOException refused =
        assertThrows(UncheckedIOException.class, () -> MappedRam.unlocked(1L << 52));
    assertTrue(refused.getCause().getMessage().startsWith("mmap: ENOMEM"));
    assertThrows(IllegalArgumentException.class, () -> MappedRam.unlocked(0));
  }

  @Test
  void shouldWorkAndSaySoWhenHugePagesAreAskedFor() throws IOException {
    // Whether there are reserved huge pages is the machine's business; either way it must work.
    try (MappedRam ram = MappedRam.map(5 << 20, new RamOptions(false, true))) {
      assertEquals(5 << 20, ram.sizeBytes());
      assertTrue(ram.description().startsWith("5242880 bytes, not locked, "));
      assertTrue(ram.description().contains("huge"));
      ram.write((5 << 20) - 4, ByteBuffer.wrap(pattern(4)));
      assertArrayEquals(pattern(4), read(ram, (5 << 20) - 4, 4));
    }
  }

  private static List<Executable> everyCall(MappedRam ram, long offset, int length) {
    List<Executable> calls = new ArrayList<>();
    calls.add(() -> ram.write(offset, Unpooled.wrappedBuffer(new byte[length])));
    calls.add(() -> ram.write(offset, ByteBuffer.allocate(length)));
    calls.add(() -> ram.zero(offset, length));
    calls.add(() -> ram.read(offset, Unpooled.buffer(), length));
    calls.add(() -> ram.read(offset, ByteBuffer.allocate(length)));
    calls.add(() -> ram.isZero(offset, length));
    return calls;
  }

  /** Never zero, and different from one window to the next. */
  private static byte[] pattern(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i % 251 + 1);
    }
    return bytes;
  }

  private static byte[] read(MappedRam ram, long offset, int length) {
    byte[] bytes = new byte[length];
    ram.read(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }
}
