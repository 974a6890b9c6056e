package io.twinlog.blockdev.shelf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.IoChain.Lane;
import io.twinlog.blockdev.sys.DirectFile;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The end of a lane whose file takes as long to sync as a test wants. */
@Timeout(60)
class FileLaneTest {
  private static final int SIZE = 4096;

  private final TestOwner owner = new TestOwner();
  private final Semaphore begun = new Semaphore(0);
  private final Semaphore mayEnd = new Semaphore(0);
  @TempDir private Path directory;

  @Test
  void shouldLeaveBehindWhatDoesNotReturnAndRefuseWhatWaits() throws Exception {
    try (DirectFile file = DirectFile.open(TestFiles.sparse(directory.resolve("f"), SIZE), false)) {
      FileLane lane = lane(file, 1);
      lane.submit(owner.chain("hangs", Lane.LOG).sync(), owner);
      begun.acquire();
      lane.submit(owner.chain("waits", Lane.LOG).sync(), owner);

      lane.stopWithin(TimeUnit.MILLISECONDS.toNanos(50));

      TestOwner.Outcome waits = owner.next();
      assertEquals("waits", waits.chain());
      assertEquals("waits refused by shelf file:f: it is closed", waits.error().getMessage());
      assertTrue(lane.isLeftBehind());
      mayEnd.release();
      TestOwner.Outcome hangs = owner.next();
      assertEquals("hangs", hangs.chain());
      assertNull(hangs.error());
      lane.join();
      assertFalse(lane.isLeftBehind());
    }
  }

  @Test
  void shouldDoAllThatWaitsWhenNothingTakesTooLong() throws Exception {
    try (DirectFile file = DirectFile.open(TestFiles.sparse(directory.resolve("f"), SIZE), false)) {
      FileLane lane = lane(file, 1);
      lane.submit(owner.chain("first", Lane.LOG).sync(), owner);
      begun.acquire();
      lane.submit(owner.chain("second", Lane.LOG).sync(), owner);
      mayEnd.release(2);

      lane.stopWithin(TimeUnit.SECONDS.toNanos(50));

      assertNull(owner.next().error());
      assertNull(owner.next().error());
      assertFalse(lane.isLeftBehind());
    }
  }

  private FileLane lane(DirectFile file, int queueChains) {
    FileSteps steps =
        new FileSteps(
            "file:f",
            file,
            SIZE,
            () -> {
              begun.release();
              mayEnd.acquireUninterruptibly();
            });
    FileLane lane = new FileLane("file:f", steps, queueChains);
    lane.start("test-lane", (thread, death) -> {});
    return lane;
  }
}
