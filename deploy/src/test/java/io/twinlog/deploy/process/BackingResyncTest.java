package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.Counters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A restarted secondary over a link that is much slower than the backing. */
@Tag("process")
final class BackingResyncTest {
  private static final int BLOCKS_PER_WRITE = 256;

  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    pair = Pair.start("resync { min-rate = 1 MiB, max-rate = 2 MiB }");
  }

  @AfterEach
  void stop() throws Exception {
    pair.close();
  }

  @Test
  void shouldFillARestartedSecondaryMostlyFromTheBacking() throws Exception {
    int blocks = (int) (pair.sizeBytes() / Blocks.BYTES);
    try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
      for (int block = 0; block < blocks; block += BLOCKS_PER_WRITE) {
        client.write((long) block * Blocks.BYTES, Blocks.content(block, BLOCKS_PER_WRITE, 1));
      }
    }
    pair.alpha.await(
        "a checkpoint of everything",
        s -> s.getBacking().getCheckpointNumber() == s.getBacking().getCommittedNumber(),
        Pair.SOON);
    pair.beta.kill();
    pair.alpha.await(
        "a complete lone view",
        s -> s.getView().getMembersCount() == 1 && s.getView().getComplete(),
        Pair.SOON);
    // What the backing has of this block is not what the primary has.
    try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
      client.write(0, Blocks.content(0, 1, 2));
    }
    Counters before = pair.alpha.status().getCounters();
    pair.beta.start();
    pair.awaitBothUpToDate(pair.alpha);

    Counters after = pair.alpha.status().getCounters();
    assertEquals(before.getWholeResyncs() + 1, after.getWholeResyncs());
    long found = after.getResyncBackingBytes() - before.getResyncBackingBytes();
    assertTrue(
        found > pair.sizeBytes() / 2 && found < pair.sizeBytes(),
        () -> found + " bytes from the backing of " + pair.sizeBytes());
    // At the end the primary sends blocks that are being looked for as well; they may be found yet.
    long taken = pair.beta.status().getCounters().getResyncBackingBytes();
    assertTrue(
        taken >= found && taken < pair.sizeBytes(),
        () -> taken + " bytes taken from the backing, and " + found + " known to the primary");
    String verified = pair.alpha.twinlog("verify", "r0").orFail().text();
    assertTrue(verified.contains("all are equal"), verified);
  }
}
