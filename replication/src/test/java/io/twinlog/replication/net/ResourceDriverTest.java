package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.replication.core.Copy;
import io.twinlog.replication.core.ReplicaReport;
import io.twinlog.replication.core.Role;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The core, the peer link, the RAM device and a file shelf together. */
@Timeout(120)
class ResourceDriverTest {

  @TempDir Path directory;

  @Test
  void shouldKeepEveryWriteWhenThePairLinksSwitchesOverAndStops() throws Exception {
    try (DriverPair pair = new DriverPair(directory)) {
      pair.await(0, "connection connected");
      pair.await(1, "connection connected");
      done(pair.node(0).promote(false, false));
      pair.await(0, "role primary");
      pair.await(1, "copy up-to-date");
      for (int i = 0; i < 100; i++) {
        ByteBuf payload = Frames.bytes(4096 + i * 512, i);
        Request write = new Request(BlockRequest.Command.WRITE, i * 8192L, payload);
        assertEquals("done", write.on(pair.node(0)));
        assertEquals(0, payload.refCnt());
      }
      assertEquals(Role.PRIMARY, report(pair, 0).role());
      assertEquals(2, report(pair, 0).view().members().size());
      assertEquals(Copy.UP_TO_DATE, report(pair, 1).copy());

      done(pair.node(1).switchover());
      pair.await(1, "role primary");
      for (int i = 0; i < 100; i++) {
        Request read = new Request(BlockRequest.Command.READ, i * 8192L, null);
        String expected = ByteBufUtil.hexDump(Frames.bytes(4096 + i * 512, i), 0, 4096);
        assertEquals(expected, read.on(pair.node(1)), "write " + i);
      }
      done(pair.node(1).stop());
      done(pair.node(0).stop());
      assertEquals(List.of(), List.copyOf(pair.panics));
    }
  }

  @Test
  void shouldSendOnlyWhatChangedWhenTheLinkWasDownForAWhile() throws Exception {
    try (DriverPair pair = new DriverPair(directory)) {
      pair.await(0, "connection connected");
      pair.await(1, "connection connected");
      done(pair.node(0).promote(false, false));
      pair.await(1, "copy up-to-date");
      assertEquals("done", write(0, 512).on(pair.node(0)));
      long before = report(pair, 0).counters().resyncs().bytes();
      done(pair.node(1).disconnect());
      pair.await(0, "backing complete");
      assertEquals("done", write(20 * 4096 + 512, 4096).on(pair.node(0)));
      done(pair.node(0).pauseResync(true));
      done(pair.node(1).connect());
      pair.await(0, "connection connected");
      assertTrue(report(pair, 0).sync().paused());
      done(pair.node(0).pauseResync(false));
      pair.await(0, "resync quick");
      pair.await(1, "copy up-to-date");
      ReplicaReport.SyncCounters source = report(pair, 0).counters().resyncs();
      // Both blocks that the second write touched, and nothing else.
      assertEquals(1, source.quick());
      assertEquals(source, report(pair, 1).counters().resyncs());
      assertEquals(2 * 4096, source.bytes() - before, source.toString());
      assertEquals(List.of(), List.copyOf(pair.panics));
    }
  }

  private static Request write(long offset, int length) {
    return new Request(BlockRequest.Command.WRITE, offset, Frames.bytes(length, length));
  }

  @Test
  void shouldRefuseEverythingWhenClosed() throws Exception {
    DriverPair pair = new DriverPair(directory);
    ResourceDriver driver = pair.node(0);
    pair.await(0, "connection connected");
    driver.close();
    OperatorAnswer answer = driver.promote(false, false).get(10, TimeUnit.SECONDS);
    assertFalse(answer.done());
    assertEquals("resource r0 is stopped on this node", answer.line());
    assertThrows(ExecutionException.class, () -> driver.report().get(10, TimeUnit.SECONDS));
    Request write = new Request(BlockRequest.Command.WRITE, 0, Frames.bytes(512, 1));
    assertEquals("failed SHUTDOWN", write.on(driver));
    assertFalse(driver.service().isPrimary());
    pair.await(1, "connection connected");
    pair.await(1, "connection connecting");
    pair.close();
  }

  private static void done(CompletableFuture<OperatorAnswer> future) throws Exception {
    OperatorAnswer answer = future.get(30, TimeUnit.SECONDS);
    assertTrue(answer.done(), answer.line());
  }

  private static ReplicaReport report(DriverPair pair, int node) throws Exception {
    return pair.node(node).report().get(30, TimeUnit.SECONDS);
  }

  /** A client's request of 4096 bytes, or of its payload. */
  private static final class Request extends BlockRequest {
    private final CompletableFuture<String> outcome = new CompletableFuture<>();

    Request(Command command, long offset, ByteBuf payload) {
      super(command, offset, payload == null ? 4096 : payload.readableBytes(), false, payload);
    }

    /** Waits for the outcome: done, failed, dropped, or what a READ read. */
    String on(ResourceDriver driver) throws Exception {
      driver.loop().execute(() -> driver.service().submit(this));
      return outcome.get(30, TimeUnit.SECONDS);
    }

    @Override
    public void completed(RamDevice ram) {
      if (command() == Command.READ) {
        ByteBuf content = Unpooled.buffer((int) lengthBytes());
        ram.read(offsetBytes(), content, (int) lengthBytes());
        outcome.complete(ByteBufUtil.hexDump(content));
      } else {
        outcome.complete("done");
      }
    }

    @Override
    public void failed(BlockError error) {
      outcome.complete("failed " + error);
    }

    @Override
    public void dropped() {
      outcome.complete("dropped");
    }
  }
}
