package io.twinlog.blockdev.ram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.sys.SharedMemory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RAM that outlives whoever mapped it. */
class SharedRamTest {
  private static final int SIZE = 64 << 10;

  @TempDir Path directory;

  private Path file() {
    return directory.resolve("r0");
  }

  @Test
  void shouldHoldWhatWasWrittenWhenMappedAgain() throws Exception {
    SharedMemory memory = SharedMemory.map(file(), SIZE, 100);
    memory.header().putLong(8, 42);
    memory.trailer().put(99, (byte) 7);
    try (MappedRam ram = MappedRam.of(memory, false)) {
      assertTrue(ram.isZero(0, SIZE));
      ram.write(SIZE - 3, Unpooled.wrappedBuffer(new byte[] {1, 2, 3}));
    }
    SharedMemory again = SharedMemory.map(file(), SIZE, 100);
    assertEquals(42, again.header().getLong(8));
    assertEquals(7, again.trailer().get(99));
    try (MappedRam ram = MappedRam.of(again, false)) {
      assertTrue(ram.isZero(0, SIZE - 3));
      byte[] tail = new byte[3];
      ram.read(SIZE - 3, ByteBuffer.wrap(tail));
      assertEquals(3, tail[2]);
    }
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
  }

  @Test
  void shouldBelongToOneAtATime() throws Exception {
    try (SharedMemory first = SharedMemory.map(file(), SIZE, 0)) {
      assertNull(SharedMemory.map(file(), SIZE, 0));
      assertEquals(SIZE, first.sizeBytes());
    }
    SharedMemory.map(file(), SIZE, 0).close();
  }

  @Test
  void shouldBeZerosWhenTheSizeIsAnother() throws Exception {
    try (SharedMemory memory = SharedMemory.map(file(), SIZE, 0)) {
      memory.window(0, 8).putLong(0, -1);
    }
    try (SharedMemory memory = SharedMemory.map(file(), 2 * SIZE, 0)) {
      assertEquals(0, memory.window(0, 8).getLong(0));
    }
  }

  @Test
  void shouldHoldWhatWasWrittenInHugePagesWhenMappedAgain() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("huge"));
    try (HugePages pages = HugePages.mounted(mount)) {
      Path file = mount.resolve("r0");
      try (SharedMemory memory = SharedMemory.map(file, SIZE, 100)) {
        memory.header().putLong(8, 42);
        memory.trailer().put(99, (byte) 7);
        memory.lock();
        assertTrue(memory.description().startsWith("huge pages"), memory::description);
      }
      assertEquals(pages.bytes(), Files.size(file), "one page holds all of it");
      try (SharedMemory again = SharedMemory.map(file, SIZE, 100)) {
        assertEquals(42, again.header().getLong(8));
        assertEquals(7, again.trailer().get(99));
      }
      try (SharedMemory larger = SharedMemory.map(file, 2 * pages.bytes(), 0)) {
        assertEquals(0, larger.window(pages.bytes(), 8).getLong(0));
        assertEquals(3 * pages.bytes(), Files.size(file));
      }
    }
  }
}
