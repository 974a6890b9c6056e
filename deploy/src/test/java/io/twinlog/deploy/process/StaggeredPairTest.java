package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.aoe.FaultyWire.Faults;
import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A pair whose backing is staggered over three AoE targets, each a real vblade behind a bad wire of
 * its own. {@code -Dtwinlog.process.shelfRounds} says how often each fault comes, {@code
 * -Dtwinlog.process.seed} in which order, and what the wires do.
 */
@Tag("process")
final class StaggeredPairTest {

  private static final int ROUNDS = Integer.getInteger("twinlog.process.shelfRounds", 1);
  private static final long SEED = Long.getLong("twinlog.process.seed", 1);

  private static final long SHELF_BYTES = 256L << 20;
  private static final int MTU = 9000;
  private static final long CHUNK_BYTES = 256 << 10;

  /** Of checkpoint records and the like, which a fill copies, too. */
  private static final long RECORD_BYTES = 256 << 10;

  /** Few enough for a backing over such wires to follow. */
  private static final int CLIENTS = 2;

  private static final int MOST_BLOCKS = 4;

  private static final Faults BAD = new Faults(5, 10, 10, 20, 20_000_000L);

  /** A fill over bad wires takes minutes, so the short form has them for moments only. */
  private static final Faults USUAL = ROUNDS > 1 ? BAD : Faults.NONE;

  private static final Faults AWFUL = new Faults(100, 50, 50, 50, 50_000_000L);

  private enum Fault {
    STOP,
    KILL,
    RESTART_EMPTY,
    PAUSE,
    FLAP,
    LOSE_FRAMES
  }

  private final List<AoeSan> shelves = new ArrayList<>();
  private final Random random = new Random(SEED);
  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    System.out.println("rounds: " + ROUNDS + ", -Dtwinlog.process.seed=" + SEED);
    StringBuilder text = new StringBuilder("backing { shelves = [");
    for (int i = 0; i < 3; i++) {
      AoeSan shelf = AoeSan.behindWire(MTU, SHELF_BYTES, SEED + i);
      shelves.add(shelf);
      text.append('"').append(shelf.shelf()).append("?deadline=2s\", ");
    }
    pair = Pair.start(text.append("] }").toString());
    shelves.forEach(shelf -> shelf.wire().suffer(USUAL));
  }

  @AfterEach
  void stop() throws Exception {
    try {
      if (pair != null) {
        pair.close();
      }
    } finally {
      for (AoeSan shelf : shelves) {
        shelf.close();
      }
    }
  }

  private AoeSan shelf(int number) {
    return shelves.get(number - 1);
  }

  @Test
  void shouldKeepEveryWriteWhenOneShelfAfterTheOtherFailsOnABadNetwork() throws Exception {
    copyOnlyWhatWasMissed(pair.alpha);
    loseShelvesAndNodes();
    loseShelvesUnderAWholePair(pair.beta);
    assertEquals(0, pair.beta.twinlog("verify", "r0", "--backing").orFail().exitCode());
    long faulty = 0;
    for (AoeSan shelf : shelves) {
      faulty += shelf.wire().faultyFrames();
    }
    assertTrue(faulty > 0, "the wires are too good");
  }

  /** Nobody writes but we, and only zeros, so it is known what a shelf that was away has missed. */
  private void copyOnlyWhatWasMissed(NodeProcess primary) throws Exception {
    awaitCheckpoint(primary);
    ResourceStatus before = primary.status();
    shelf(1).kill();
    Pair.awaitShelf(primary, 1, "stale");
    int chunks = 6;
    int ofShelf = 4;
    try (NbdClient client = NbdClient.open(primary, 60_000)) {
      for (int i = 0; i < chunks; i++) {
        client.write(2L * i * CHUNK_BYTES, new byte[4096]);
      }
    }
    awaitCheckpoint(primary);
    shelf(1).startVblade();
    Pair.awaitShelf(primary, 1, "live");
    ResourceStatus after = primary.status();
    long filled = after.getBacking().getShelves(0).getFilledBytes();
    assertTrue(
        filled >= ofShelf * CHUNK_BYTES && filled <= ofShelf * CHUNK_BYTES + RECORD_BYTES,
        () -> filled + " bytes were copied for " + ofShelf + " chunks");
    String listed = primary.twinlog("shelf", "list", "r0").orFail().out();
    assertTrue(listed.contains("shelf 1 live filled:"), listed);
    assertEquals(before.getCounters().getShelfFills() + 1, after.getCounters().getShelfFills());
    assertEquals(
        before.getCounters().getShelfFillBytes() + filled, after.getCounters().getShelfFillBytes());
  }

  /** Waits until all that was written is in place. */
  private static void awaitCheckpoint(NodeProcess node) throws IOException, InterruptedException {
    node.twinlog("flush", "r0").orFail();
    node.await(
        "a checkpoint",
        s -> s.getBacking().getCheckpointNumber() == s.getBacking().getCommittedNumber(),
        Pair.SOON);
  }

  private void loseShelvesAndNodes() throws Exception {
    try (Recorder recorder = Recorder.start(pair, CLIENTS, 1, MOST_BLOCKS)) {
      recorder.awaitMore(200);
      // Alone, the log acknowledges: it goes on when the shelf is recorded as stale.
      pair.beta.kill();
      recorder.awaitMore(200);
      shelf(3).hang();
      Pair.awaitShelf(pair.alpha, 3, "stale");
      recorder.awaitMore(200);
      shelf(3).goOn();
      Pair.awaitShelf(pair.alpha, 3, "live");

      // What only the log has is on the two shelves that are left, for the node that comes back.
      shelf(2).kill();
      Pair.awaitShelf(pair.alpha, 2, "stale");
      recorder.awaitMore(200);
      pair.alpha.kill();
      pair.beta.start();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(200);
      // A shelf is filled again when the former primary is known not to write any more.
      pair.alpha.start();
      shelf(2).startVblade();
      Pair.awaitShelf(pair.beta, 2, "live");
      recorder.stop().verify(pair.beta);
    }
    pair.awaitBothUpToDate(pair.beta);
  }

  private void loseShelvesUnderAWholePair(NodeProcess primary) throws Exception {
    try (FioRounds load = FioRounds.start(pair, primary)) {
      for (int round = 0; round < ROUNDS; round++) {
        List<Fault> faults = new ArrayList<>(List.of(Fault.values()));
        Collections.shuffle(faults, random);
        for (Fault fault : faults) {
          int number = 1 + random.nextInt(shelves.size());
          System.out.println(fault + " of shelf " + number);
          suffer(fault, number, primary);
          Pair.awaitShelf(primary, number, "live");
          assertTrue(Pair.isWhole(primary.status()), "a shelf's fault is none of the pair's");
        }
      }
      System.out.println(load.orFail() + " runs of fio");
    }
  }

  private void suffer(Fault fault, int number, NodeProcess primary) throws Exception {
    AoeSan shelf = shelf(number);
    switch (fault) {
      case STOP -> {
        shelf.stop();
        Pair.awaitShelf(primary, number, "stale");
        shelf.startVblade();
      }
      case KILL -> {
        shelf.kill();
        Pair.awaitShelf(primary, number, "stale");
        shelf.startVblade();
      }
      case RESTART_EMPTY -> {
        shelf.restartEmpty();
        Pair.awaitShelf(primary, number, "stale");
        replace(primary, number);
        Pair.awaitShelf(primary, number, "live");
        long filled = primary.status().getBacking().getShelves(number - 1).getFilledBytes();
        assertTrue(filled > pair.sizeBytes() / 2, () -> "only " + filled + " bytes for all of it");
      }
      case PAUSE -> shelf.pause(ROUNDS > 1 ? 20 : 4);
      case FLAP -> shelf.flap(3);
      case LOSE_FRAMES -> {
        shelf.wire().suffer(AWFUL);
        TimeUnit.SECONDS.sleep(2);
        shelf.wire().suffer(USUAL);
      }
    }
  }

  /** What the nodes have on their way to the shelf may have to fail first. */
  private static void replace(NodeProcess primary, int number) throws Exception {
    Launcher.Result result;
    long deadline = System.nanoTime() + Pair.SOON.toNanos();
    do {
      result = primary.twinlog("shelf", "replace", "r0", String.valueOf(number));
    } while (result.err().contains("try again") && System.nanoTime() - deadline < 0);
    result.orFail();
  }
}
