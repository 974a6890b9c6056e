package io.twinlog.blockdev.shelf;

import static io.twinlog.blockdev.shelf.TestFiles.filled;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.FaultyShelf.Point;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FaultyShelfTest {

  private static final int LENGTH = 64 << 10;

  private record Delayed(long nanos, Runnable action) {}

  @TempDir private Path directory;
  private final TestOwner owner = new TestOwner();
  private final List<Delayed> delayed = new ArrayList<>();
  private FaultyShelf shelf;

  @BeforeEach
  void open() throws IOException {
    shelf = faulty(1);
  }

  @AfterEach
  void close() throws IOException {
    shelf.close();
  }

  @Test
  void shouldPassEverythingOnWhenNothingIsInjected() throws Exception {
    assertNull(submitWrite("w").error());
    assertEquals(LENGTH, written());
    assertEquals(0, shelf.faults());
    assertEquals(2 * LENGTH, shelf.sizeBytes());
  }

  @Test
  void shouldFailThatStepOnlyWhenInjectedOnce() throws Exception {
    shelf.injectOnce(new Fault.Fail(), Point::isSync);
    String text = submitWrite("w").error().getMessage();
    assertTrue(text.startsWith("injected fault on shelf file:"), text);
    assertTrue(text.endsWith("(w): Sync 1 not done"), text);
    // What came before the step was carried out.
    assertEquals(LENGTH, written());
    assertNull(submitWrite("w").error());
    assertEquals(1, shelf.faults());
  }

  @Test
  void shouldWriteNothingWhenWriteFails() throws Exception {
    shelf.inject(new Fault.Fail(), 1, Point::isWrite);
    assertTrue(submitWrite("w").error() != null);
    assertTrue(submitWrite("w").error() != null);
    assertEquals(0, written());
    shelf.heal();
    assertNull(submitWrite("w").error());
  }

  @Test
  void shouldWriteAllButSayOtherwiseWhenFailingAfterwards() throws Exception {
    shelf.injectOnce(new Fault.FailAfterwards(), Point::isWrite);
    assertTrue(submitWrite("w").error().getMessage().endsWith("Write 0 after it was done"));
    assertEquals(LENGTH, written());
  }

  @Test
  void shouldWriteSomeSectorsWhenTorn() throws Exception {
    shelf.injectOnce(new Fault.Tear(), Point::isWrite);
    assertTrue(submitWrite("w").error().getMessage().endsWith("Write 0 torn"));
    int torn = written();
    assertTrue(torn < LENGTH);
    assertEquals(0, torn % shelf.sectorBytes());
    // The same seed tears in the same place.
    shelf.close();
    shelf = faulty(1);
    new BlockingShelf(shelf).writeDurably("clear", 0, filled(LENGTH, 0));
    shelf.injectOnce(new Fault.Tear(), Point::isWrite);
    submitWrite("w");
    assertEquals(torn, written());
  }

  @Test
  void shouldHoldTheChainWhenStalled() throws Exception {
    shelf.inject(new Fault.Stall(), 1, point -> point.isSync() && point.chain().name().equals("a"));
    shelf.submit(chain("a"), owner);
    owner.runNext();
    assertEquals(1, shelf.stalled());
    assertNull(submitWrite("b").error());
    shelf.release();
    TestOwner.Outcome outcome = owner.next();
    assertEquals("a", outcome.chain());
    assertNull(outcome.error());
    assertEquals(0, shelf.stalled());
  }

  @Test
  void shouldFailStalledChainWhenClosed() throws Exception {
    shelf.injectOnce(new Fault.Stall(), Point::isWrite);
    shelf.submit(chain("a"), owner);
    owner.runNext();
    shelf.close();
    assertTrue(owner.next().error().getMessage().endsWith("stalled when the shelf was closed"));
  }

  @Test
  void shouldGoOnWhenDelayHasPassed() throws Exception {
    shelf.injectOnce(new Fault.Delay(5_000_000), Point::isWrite);
    shelf.submit(chain("a"), owner);
    owner.runNext();
    assertEquals(List.of(), owner.outcomes());
    assertEquals(5_000_000, delayed.get(0).nanos());
    delayed.get(0).action().run();
    assertNull(owner.next().error());
    assertEquals(LENGTH, written());
  }

  private FaultyShelf faulty(long seed) throws IOException {
    Path path = TestFiles.sparse(directory.resolve("r0.img"), 2 * LENGTH);
    return new FaultyShelf(
        TestFiles.open("file:" + path),
        seed,
        (nanos, action) -> delayed.add(new Delayed(nanos, action)));
  }

  private IoChain chain(String name) {
    return owner.chain(name, Lane.LOG).write(0, filled(LENGTH, 1)).sync();
  }

  private TestOwner.Outcome submitWrite(String name) throws InterruptedException {
    shelf.submit(chain(name), owner);
    return owner.next();
  }

  /** How many bytes at the beginning of the shelf are written. */
  private int written() throws IOException {
    ByteBuffer now = AlignedBuffers.allocate(LENGTH);
    new BlockingShelf(shelf).read("look", 0, now);
    int end = now.mismatch(filled(LENGTH, 1));
    return end < 0 ? LENGTH : end;
  }
}
