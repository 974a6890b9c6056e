package io.twinlog.blockdev.shelf;

import static io.twinlog.blockdev.shelf.TestFiles.filled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FileShelfTest {

  private static final int SIZE = 1 << 20;

  @TempDir private Path directory;
  private final TestOwner owner = new TestOwner();
  private Path path;
  private Shelf shelf;

  @BeforeEach
  void open() throws IOException {
    path = TestFiles.sparse(directory.resolve("r0.img"), SIZE);
    shelf = TestFiles.open("file:" + path);
  }

  @AfterEach
  void close() throws IOException {
    shelf.close();
  }

  @Test
  void shouldSayWhatItIsWhenOpened() throws IOException {
    assertEquals("file:" + path, shelf.name());
    assertEquals(SIZE, shelf.sizeBytes());
    assertTrue(List.of(512, 4096).contains(shelf.sectorBytes()));
  }

  @Test
  void shouldCarryStepsOutInOrderWhenChainHasSeveral() throws Exception {
    ByteBuffer first = filled(8192, 1);
    ByteBuffer second = filled(4096, 2);
    ByteBuffer before = AlignedBuffers.allocate(8192);
    ByteBuffer after = AlignedBuffers.allocate(8192);
    shelf.submit(
        owner
            .chain("order", Lane.LOG)
            .write(4096, first)
            .read(4096, before)
            .write(8192, second)
            .sync()
            .read(4096, after),
        owner);
    TestOwner.Outcome outcome = owner.next();
    assertNull(outcome.error());
    assertSame(Thread.currentThread(), outcome.thread());
    assertEquals(first, before);
    assertEquals(1, after.get(4095));
    assertEquals(2, after.get(4096));
    assertEquals(8192, after.remaining());
    assertEquals(8192, first.remaining());
  }

  @Test
  void shouldUsePositionAndLimitWhenBufferHasThem() throws Exception {
    ByteBuffer data = filled(16384, 7).position(4096).limit(8192);
    ByteBuffer into = AlignedBuffers.allocate(16384).position(8192).limit(12288);
    shelf.submit(owner.chain("part", Lane.DATA).write(0, data).read(0, into), owner);
    assertNull(owner.next().error());
    assertEquals(8192, into.position());
    assertEquals(data, into);
    assertEquals(0, into.get(8191));
  }

  @Test
  void shouldEndChainWhenStepFails() throws Exception {
    ByteBuffer after = filled(4096, 9);
    shelf.submit(
        owner
            .chain("load", Lane.DATA)
            .write(0, filled(4096, 1))
            .read(SIZE - 4096, AlignedBuffers.allocate(8192))
            .write(0, after),
        owner);
    assertEquals(
        "read failed on shelf file:"
            + path
            + ", 8192 bytes at offset 1044480 (load): past the end, at 1048576 bytes",
        owner.next().error().getMessage());
    ByteBuffer now = AlignedBuffers.allocate(4096);
    new BlockingShelf(shelf).read("look", 0, now);
    assertEquals(1, now.get(0));
  }

  @Test
  void shouldNotGrowFileWhenWritePassesTheEnd() throws Exception {
    IOException error =
        assertThrows(
            IOException.class,
            () -> new BlockingShelf(shelf).writeDurably("append", SIZE, filled(4096, 1)));
    assertTrue(error.getMessage().startsWith("write failed on shelf "), error.getMessage());
    assertEquals(SIZE, path.toFile().length());
  }

  @Test
  void shouldFailReadWhenFileHasShrunk() throws Exception {
    TestFiles.sparse(path, 4096);
    shelf.submit(owner.chain("load", Lane.DATA).read(0, AlignedBuffers.allocate(8192)), owner);
    String text = owner.next().error().getMessage();
    assertTrue(text.contains("4096 bytes at offset 4096 (load): the file ends here"), text);
  }

  @Test
  void shouldSeeWhatOthersWroteWhenItReadsAgain() throws Exception {
    ByteBuffer into = AlignedBuffers.allocate(4096);
    BlockingShelf reader = new BlockingShelf(shelf);
    reader.read("first", 0, into);
    assertEquals(0, into.get(0));
    try (Shelf other = TestFiles.open("file:" + path)) {
      new BlockingShelf(other).writeDurably("slot", 0, filled(4096, 5));
      reader.read("second", 0, into);
      assertEquals(5, into.get(0));
    }
    try (FileChannel cached = FileChannel.open(path, StandardOpenOption.WRITE)) {
      cached.write(ByteBuffer.wrap(new byte[] {6}), 0);
      reader.read("third", 0, into);
      assertEquals(6, into.get(0));
    }
  }

  @Test
  void shouldRefuseChainWhenBufferOrOffsetIsNotAligned() {
    ByteBuffer good = AlignedBuffers.allocate(8192);
    for (IoChain chain :
        List.of(
            owner.chain("offset", Lane.DATA).write(100, good),
            owner.chain("length", Lane.DATA).read(0, good.duplicate().limit(100)),
            owner.chain("address", Lane.DATA).read(0, good.slice(1, 4096)),
            owner.chain("heap", Lane.DATA).write(0, ByteBuffer.allocate(4096)))) {
      assertThrows(IllegalArgumentException.class, () -> shelf.submit(chain, owner));
    }
  }

  @Test
  void shouldNotHoldUpSlotLaneWhenLogLaneIsBusy() throws Exception {
    CountDownLatch hold = new CountDownLatch(1);
    IoChain slow = new IoChain("slow", Lane.LOG, error -> awaitUnchecked(hold));
    shelf.submit(slow.read(0, AlignedBuffers.allocate(4096)), Runnable::run);
    shelf.submit(owner.chain("slot", Lane.SLOT).read(0, AlignedBuffers.allocate(4096)), owner);
    assertNull(owner.next().error());
    hold.countDown();
  }

  @Test
  void shouldRefuseChainWhenTooManyWait() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch hold = new CountDownLatch(1);
    IoChain slow =
        new IoChain(
            "slow",
            Lane.LOG,
            error -> {
              begun.countDown();
              awaitUnchecked(hold);
            });
    shelf.submit(slow, Runnable::run);
    begun.await();
    for (int i = 0; i < FileShelf.QUEUE_CHAINS; i++) {
      shelf.submit(owner.chain("queued", Lane.LOG), owner);
    }
    shelf.submit(owner.chain("one more", Lane.LOG), owner);
    TestOwner.Outcome refused = owner.next();
    assertEquals("one more", refused.chain());
    assertTrue(refused.error().getMessage().contains("too many operations"));
    hold.countDown();
    for (int i = 0; i < FileShelf.QUEUE_CHAINS; i++) {
      assertNull(owner.next().error());
    }
  }

  @Test
  void shouldFinishWhatIsQueuedWhenClosed() throws Exception {
    for (int i = 0; i < 50; i++) {
      shelf.submit(owner.chain("w" + i, Lane.DATA).write(4096L * i, filled(4096, i)), owner);
    }
    shelf.close();
    shelf.close();
    for (int i = 0; i < 50; i++) {
      TestOwner.Outcome outcome = owner.next();
      assertEquals("w" + i, outcome.chain());
      assertNull(outcome.error());
    }
    shelf.submit(owner.chain("late", Lane.DATA), owner);
    assertTrue(owner.next().error().getMessage().endsWith("it is closed"));
  }

  @Test
  void shouldReportAndRefuseWhenThreadDies() throws Exception {
    AtomicReference<Thread> dead = new AtomicReference<>();
    CountDownLatch died = new CountDownLatch(1);
    ShelfSpec spec = ShelfSpec.parse("file:" + path);
    try (Shelf doomed =
        spec.open(
            "resource-0.shelf-1",
            (thread, death) -> {
              dead.set(thread);
              died.countDown();
            })) {
      doomed.submit(
          new IoChain("bug", Lane.SLOT, error -> {}),
          command -> {
            throw new IllegalStateException("a bug in the owner");
          });
      died.await();
      assertEquals("resource-0-slot", dead.get().getName());
      assertTrue(!dead.get().isDaemon());
      doomed.submit(owner.chain("next", Lane.SLOT), owner);
      String text = owner.next().error().getMessage();
      assertTrue(text.contains("its thread died: "), text);
      doomed.submit(owner.chain("other lane", Lane.LOG), owner);
      assertNull(owner.next().error());
    }
  }

  @Test
  void shouldStartNothingWhenFileIsMissing() {
    IOException error =
        assertThrows(IOException.class, () -> TestFiles.open("file:" + directory + "/none"));
    assertEquals(
        "cannot open shelf file:" + directory + "/none: open: ENOENT (no such file or directory)",
        error.getMessage());
    assertNotNull(error.getCause());
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
