package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.log.MemoryShelf.Crash;
import io.twinlog.blockdev.log.Recovery.Recovered;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Design, section 1, point 4: "The backing always holds a prefix of the acknowledged writes". Power
 * fails at every step; what was not synced is lost, kept or torn.
 */
class LogCrashTest {

  private static final int BLOCKS = 4;
  private static final List<Crash> CRASHES = List.of(Crash.values());
  private static final Layout LAYOUT =
      Layout.of(
          BLOCKS * Layout.BLOCK_BYTES, 512, Layout.minimumRingBytes(BLOCKS * Layout.BLOCK_BYTES));

  private static MemoryShelf formatted() throws IOException {
    MemoryShelf shelf = new MemoryShelf(LAYOUT.totalBytes(), 512);
    BackingFormat.create(
        shelf,
        new NewBacking(LogFixture.RESOURCE, "r0", LAYOUT, List.of("alpha", "beta"), Instant.EPOCH),
        false);
    return shelf;
  }

  private static BackingCheck.Report check(MemoryShelf shelf) throws IOException {
    Superblock superblock =
        BackingFormat.open(
            shelf,
            new ExpectedBacking(
                LogFixture.RESOURCE, "r0", LAYOUT.deviceBytes(), List.of("alpha", "beta")));
    return BackingCheck.run(shelf, superblock);
  }

  /** What is found is the device as it was at a write number that was promised, or later. */
  private static BackingCheck.Report assertPrefix(
      MemoryShelf shelf, LogWriterModel model, String when) throws IOException {
    BackingCheck.Report report = check(shelf);
    Recovered state = report.recovered();
    assertEquals(List.of(), report.problems(), when);
    assertTrue(report.complete(), when);
    assertTrue(state.end() >= model.promised(), when);
    assertTrue(state.end() < model.history().size(), when);
    int[] found = new int[BLOCKS];
    for (int block = 0; block < BLOCKS; block++) {
      found[block] = LogFixture.content(LAYOUT, shelf.bytes(), state, block);
    }
    assertArrayEquals(model.history().get((int) state.end()), found, when);
    return report;
  }

  private static LogWriterModel begin(MemoryShelf shelf, long seed) throws IOException {
    List<int[]> history = new ArrayList<>();
    history.add(new int[BLOCKS]);
    return LogWriterModel.start(shelf, check(shelf), new Random(seed), history);
  }

  /** False when the power failed on the way. */
  private static boolean run(LogWriterModel model, int steps) {
    try {
      model.announce();
      for (int i = 0; i < steps; i++) {
        model.step();
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @ParameterizedTest
  @EnumSource(Crash.class)
  void shouldRecoverAPrefixWhenPowerFailsAtAnyStep(Crash how) throws IOException {
    long laps = 0;
    boolean done = false;
    for (int steps = 0; !done; steps++) {
      MemoryShelf shelf = formatted();
      LogWriterModel model = begin(shelf, 42);
      shelf.failAfter(steps);
      done = run(model, 150);
      laps = model.laps();
      shelf.crash(how, new Random(steps));
      assertPrefix(shelf, model, how + " after " + steps + " steps");
    }
    assertTrue(laps >= 3, "only " + laps + " laps of the ring");
  }

  @Test
  void shouldRecoverAPrefixWhenOneIncarnationCrashesAfterTheOther() throws IOException {
    for (long seed = 0; seed < 60; seed++) {
      Random random = new Random(seed);
      MemoryShelf shelf = formatted();
      LogWriterModel model = begin(shelf, seed);
      for (int generation = 0; generation < 25; generation++) {
        shelf.failAfter(random.nextInt(60));
        run(model, 1000);
        shelf.crash(CRASHES.get(random.nextInt(CRASHES.size())), random);
        String when = "seed " + seed + ", generation " + generation;
        BackingCheck.Report report = assertPrefix(shelf, model, when);
        // Writes that did not survive never happened.
        List<int[]> history =
            new ArrayList<>(model.history().subList(0, (int) report.recovered().end() + 1));
        model = LogWriterModel.start(shelf, report, random, history);
      }
    }
  }
}
