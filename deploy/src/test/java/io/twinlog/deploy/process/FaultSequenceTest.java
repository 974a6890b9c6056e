package io.twinlog.deploy.process;

import java.io.IOException;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One fault after the other, under load, on one pair: each has to be survived in the state that the
 * others have left. {@code -Dtwinlog.process.faults} says how many, {@code -Dtwinlog.process.seed}
 * which.
 */
@Tag("process")
final class FaultSequenceTest {

  private static final int FAULTS = Integer.getInteger("twinlog.process.faults", 6);
  private static final long SEED = Long.getLong("twinlog.process.seed", 1);

  private enum Fault {
    KILL_PRIMARY,
    KILL_SECONDARY,
    PAUSE_PRIMARY,
    PAUSE_SECONDARY,
    STOP_SECONDARY,
    SWITCHOVER
  }

  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
  private NodeProcess primary;
  private NodeProcess secondary;

  @Test
  void shouldKeepEveryAcknowledgedWriteThroughOneFaultAfterTheOther() throws Exception {
    System.out.println("faults: " + FAULTS + ", -Dtwinlog.process.seed=" + SEED);
    try (Pair pair = Pair.start();
        Recorder recorder = Recorder.start(pair)) {
      primary = pair.alpha;
      secondary = pair.beta;
      for (int i = 0; i < FAULTS; i++) {
        recorder.awaitMore(random.nextInt(20, 200));
        Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
        System.out.println(fault + " (primary " + primary.name() + ")");
        suffer(fault);
        recorder.awaitMore(random.nextInt(1, 50));
        pair.awaitBothUpToDate(primary);
      }
      recorder.stop().verify(primary);
    }
  }

  private void suffer(Fault fault) throws IOException, InterruptedException {
    switch (fault) {
      case KILL_PRIMARY -> {
        primary.kill();
        Pair.takeOver(secondary);
        primary.start();
        swap();
      }
      case KILL_SECONDARY -> {
        secondary.kill();
        awaitAlone();
        secondary.start();
      }
      case PAUSE_PRIMARY -> {
        primary.pause();
        Pair.takeOver(secondary);
        primary.resume();
        swap();
      }
      case PAUSE_SECONDARY -> {
        secondary.pause();
        awaitAlone();
        secondary.resume();
      }
      case STOP_SECONDARY -> {
        secondary.terminate();
        awaitAlone();
        secondary.start();
      }
      case SWITCHOVER -> {
        primary.twinlog("switchover", "r0").orFail();
        secondary.await("the primary role", Pair::isPrimary, Pair.SOON);
        swap();
      }
    }
  }

  private void awaitAlone() {
    primary.await("a lone view", s -> s.getView().getMembersCount() == 1, Pair.SOON);
  }

  private void swap() {
    NodeProcess was = primary;
    primary = secondary;
    secondary = was;
  }
}
