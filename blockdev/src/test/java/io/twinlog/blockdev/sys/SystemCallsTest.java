package io.twinlog.blockdev.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SystemCallsTest {

  @TempDir private Path directory;

  @Test
  void shouldNameCallAndErrorWhenCallFails() {
    SystemCallException failure =
        assertThrows(
            SystemCallException.class, () -> DirectFile.open(directory.resolve("none"), false));
    assertEquals("open: ENOENT (no such file or directory)", failure.getMessage());
    assertEquals("open", failure.call());
    assertEquals(Errno.ENOENT, failure.errno());
    assertEquals("errno 9999", Errno.text(9999));
  }

  @Test
  void shouldFindFileWhenItsNameIsNotAscii() throws IOException {
    assumeTrue(
        "UTF-8".equals(System.getProperty("sun.jnu.encoding")), "SKIPPED: the locale is not UTF-8");
    Path path = directory.resolve("gr\u00fc\u00dfe");
    DirectFile.create(path).close();
    assertTrue(Files.exists(path));
  }

  @Test
  void shouldReadWhatWasWrittenWhenBuffersAreDirect() throws IOException {
    try (DirectFile file = DirectFile.create(directory.resolve("f"))) {
      ByteBuffer data = ByteBuffer.allocateDirect(16).putLong(0, 1).putLong(8, 0x0123456789abcdefL);
      assertEquals(8, file.write(data, 8, 8, 5_000_000_000L));
      assertEquals(5_000_000_008L, file.sizeBytes());
      assertEquals(8, file.read(data, 0, 16, 5_000_000_000L));
      assertEquals(0x0123456789abcdefL, data.getLong(0));
      assertEquals(0, file.read(data, 0, 16, 6_000_000_000L));
      assertTrue(file.isStorage());
      assertThrows(
          IllegalArgumentException.class, () -> file.read(ByteBuffer.allocate(8), 0, 8, 0));
      assertThrows(
          IllegalArgumentException.class, () -> file.read(data.asReadOnlyBuffer(), 0, 8, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> file.write(data, 9, 8, 0));
    }
  }

  @Test
  void shouldRefuseWhenFileIsClosed() throws IOException {
    DirectFile file = DirectFile.create(directory.resolve("f"));
    file.close();
    file.close();
    assertThrows(IllegalStateException.class, file::sync);
    assertThrows(
        IllegalStateException.class, () -> file.read(ByteBuffer.allocateDirect(8), 0, 8, 0));
  }

  @Test
  void shouldHoldTheLockForOneWhenTwoAskForIt() throws IOException {
    Path path = directory.resolve("node.lock");
    try (LockFile lock = LockFile.tryLock(path)) {
      assertNotNull(lock);
      assertNull(LockFile.tryLock(path));
    }
    LockFile again = LockFile.tryLock(path);
    assertNotNull(again);
    again.close();
    again.close();
  }

  @Test
  void shouldMarkOnlyItsThreadWhenItFlushesIo() throws Exception {
    // In a thread of its own, since the mark stays with the thread.
    FutureTask<long[]> marking =
        new FutureTask<>(
            () -> {
              long before = threadFlags();
              IoFlusher.markThread();
              return new long[] {before, threadFlags()};
            });
    new Thread(marking, "flusher").start();
    try {
      long[] flags = marking.get();
      assertNotEquals(flags[0], flags[1]);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SystemCallException refused && refused.errno() == Errno.EPERM) {
        abort("SKIPPED: no CAP_SYS_RESOURCE: " + refused.getMessage());
      }
      throw e;
    }
  }

  /** Field 9 of proc(5)'s stat; the thread's name before it has no blanks. */
  private static long threadFlags() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/proc/thread-self/stat")).split(" ", -1)[8]);
  }
}
