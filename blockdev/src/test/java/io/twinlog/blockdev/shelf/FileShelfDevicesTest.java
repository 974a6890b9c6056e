package io.twinlog.blockdev.shelf;

import static io.twinlog.blockdev.shelf.TestFiles.filled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.twinlog.blockdev.sys.DirectFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shelves on block devices and on file systems of various manners. */
@Timeout(60)
class FileShelfDevicesTest {

  private static final int SIZE = 4 << 20;

  @TempDir private Path directory;

  private interface DeviceTest {
    void run(Path device, Path backing) throws Exception;
  }

  @Test
  void shouldTakeSectorAndSizeFromTheDeviceWhenItIsABlockDevice() throws Exception {
    for (int sector : new int[] {512, 4096}) {
      withLoopDevice(
          sector,
          (device, backing) -> {
            try (Shelf shelf = TestFiles.open("file:" + device)) {
              assertEquals(SIZE, shelf.sizeBytes());
              assertEquals(sector, shelf.sectorBytes());
              ByteBuffer into = AlignedBuffers.allocate(sector);
              BlockingShelf blocking = new BlockingShelf(shelf);
              blocking.writeDurably("last", SIZE - sector, filled(sector, 3));
              blocking.read("last", SIZE - sector, into);
              assertEquals(filled(sector, 3), into);
            }
          });
    }
  }

  @Test
  void shouldSeeNewContentWhenStorageChangesBehindThePageCache() throws Exception {
    // The device's backing file stands for the SAN: what is written there never passes the page
    // cache of the device, just as another machine's writes do not.
    withLoopDevice(
        512,
        (device, backing) -> {
          ByteBuffer slot = AlignedBuffers.allocate(512);
          try (Shelf direct = TestFiles.open("file:" + device);
              Shelf buffered = TestFiles.open("file:" + device + "?buffered");
              FileChannel san = FileChannel.open(backing, StandardOpenOption.WRITE)) {
            new BlockingShelf(buffered).read("fill the cache", 0, slot);
            new BlockingShelf(direct).read("first", 0, slot);
            assertEquals(0, slot.get(0));
            san.write(ByteBuffer.wrap(new byte[] {1}), 0);
            new BlockingShelf(direct).read("second", 0, slot);
            assertEquals(1, slot.get(0));
            new BlockingShelf(buffered).read("stale", 0, slot);
            assertEquals(0, slot.get(0), "the hazard is gone, and this test proves nothing");
          }
        });
  }

  @Test
  void shouldSayHowFarItCameWhenDiskIsFull() throws Exception {
    Path mount = Files.createDirectory(directory.resolve("small"));
    assumeTrue(
        TestFiles.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount.toString()) != null,
        "SKIPPED: cannot mount a tmpfs here");
    try {
      Path file = TestFiles.sparse(mount.resolve("r0.img"), SIZE);
      try (Shelf shelf = TestFiles.open("file:" + file)) {
        IOException error =
            assertThrows(
                IOException.class,
                () -> new BlockingShelf(shelf).writeDurably("fill", 0, filled(2 << 20, 1)));
        // The kernel wrote what there was room for, and refused the rest when it was asked again.
        assertEquals(
            "write failed on shelf file:"
                + file
                + ", 1048576 bytes at offset 1048576 (fill): pwrite: ENOSPC (no space left on"
                + " device); the file has holes: make room on its file system, and what waits for it"
                + " goes on by itself",
            error.getMessage());
      }
      Path other = mount.resolve("r1.img");
      IOException error =
          assertThrows(
              IOException.class, () -> ShelfSpec.parse("file:" + other).createIfMissing(2 << 20));
      assertTrue(error.getMessage().contains("fallocate: ENOSPC"), error.getMessage());
      assertTrue(Files.notExists(other));
    } finally {
      TestFiles.run("umount", mount.toString());
    }
  }

  @Test
  void shouldRefuseFileSystemWhenItCannotDoDirectIo() throws IOException {
    IOException error =
        assertThrows(IOException.class, () -> TestFiles.open("file:/proc/self/coredump_filter"));
    assertTrue(error.getMessage().contains("cannot do direct I/O"), error.getMessage());
    assertTrue(error.getMessage().endsWith("coredump_filter?buffered"), error.getMessage());
    TestFiles.open("file:/proc/self/coredump_filter?buffered").close();
  }

  @Test
  void shouldRefuseWhenItIsNeitherFileNorBlockDevice() {
    IOException error =
        assertThrows(IOException.class, () -> TestFiles.open("file:/dev/null?buffered"));
    assertTrue(error.getMessage().endsWith("neither a regular file nor a block device"));
    assertThrows(IOException.class, () -> TestFiles.open("file:" + directory));
  }

  @Test
  void shouldFailTheSyncOfEachLaneThatHasWrittenWhenOneHasFailed() throws Exception {
    Path path = TestFiles.sparse(directory.resolve("r0.img"), SIZE);
    try (DirectFile file = DirectFile.open(path, true);
        DirectFile broken = DirectFile.open(Path.of("/proc/self/coredump_filter"), false)) {
      AtomicBoolean fails = new AtomicBoolean(true);
      // proc(5) has no fdatasync: a real failure that needs no broken disk.
      FileSteps steps =
          new FileSteps(
              "file:" + path,
              file,
              SIZE,
              () -> {
                if (fails.get()) {
                  broken.sync();
                } else {
                  file.sync();
                }
              });
      assertNull(steps.carryOut(chain("c", IoChain.Lane.DATA).write(8192, filled(4096, 1))));
      assertEquals(
          "sync failed on shelf file:" + path + " (a): fdatasync: EINVAL (invalid argument)",
          steps
              .carryOut(chain("a", IoChain.Lane.LOG).write(0, filled(4096, 1)).sync())
              .getMessage());
      fails.set(false);

      // What this lane wrote may have been lost with the other's, and nobody would say so again.
      IOException told = steps.carryOut(chain("c", IoChain.Lane.DATA).sync());
      assertTrue(told.getMessage().contains("another one failed meanwhile"), told.getMessage());
      assertNull(
          steps.carryOut(chain("c", IoChain.Lane.DATA).write(8192, filled(4096, 1)).sync()),
          "written again and synced, it is durable");
      // The first lane was told at once, and the third had nothing to lose.
      assertNull(steps.carryOut(chain("a", IoChain.Lane.LOG).write(0, filled(4096, 1)).sync()));
      assertNull(steps.carryOut(chain("s", IoChain.Lane.SLOT).sync()));
    }
  }

  private static IoChain chain(String name, IoChain.Lane lane) {
    return new IoChain(name, lane, error -> {});
  }

  @Test
  void shouldReserveSpaceWhenShelfIsMade() throws Exception {
    Path path = directory.resolve("new.img");
    ShelfSpec spec = ShelfSpec.parse("file:" + path);
    assertTrue(spec.createIfMissing(SIZE));
    assertTrue(!spec.createIfMissing(2 * SIZE));
    assertEquals(SIZE, Files.size(path));
    assertTrue(Long.parseLong(TestFiles.run("stat", "-c", "%b", path.toString())) >= SIZE / 512);
    try (Shelf shelf = TestFiles.open(spec.text())) {
      ByteBuffer into = filled(4096, 1);
      new BlockingShelf(shelf).read("zeros", SIZE - 4096, into);
      assertEquals(AlignedBuffers.allocate(4096), into);
    }
  }

  private void withLoopDevice(int sector, DeviceTest test) throws Exception {
    Path backing = TestFiles.sparse(directory.resolve("backing" + sector), SIZE);
    String device =
        TestFiles.run("losetup", "-f", "--show", "--sector-size", "" + sector, backing.toString());
    assumeTrue(device != null, "SKIPPED: cannot make a loop device here");
    try {
      test.run(Path.of(device), backing);
    } finally {
      TestFiles.run("losetup", "-d", device);
    }
  }
}
