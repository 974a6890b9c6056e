package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.Action;
import java.io.IOException;
import java.util.random.RandomGenerator;

/** Plots in which a taker reserves the shelves, and the other node comes back to that. */
final class FencePlots {

  private static final int TURNS = 4;

  private final Site site;
  private final Injector injector;
  private final RandomGenerator random;
  private final Steps steps;

  FencePlots(Site site, Injector injector, RandomGenerator random, Steps steps) {
    this.site = site;
    this.injector = injector;
    this.random = random;
    this.steps = steps;
  }

  void play(Fault plot, NodeProcess primary) throws IOException, InterruptedException {
    NodeProcess secondary = site.peerOf(primary);
    switch (plot) {
      case WAKE_WHEN_FORGOTTEN -> {
        injector.pause(primary);
        if (steps.takeOver(secondary)) {
          steps.leaveMark(secondary);
          steps.park(0, 1_500);
        }
        site.aoe().restart();
        steps.park(0, 1_200);
        injector.resume(primary);
        steps.park(0, 2_000);
      }
      case START_LOCKED_OUT -> {
        primary.sendKill();
        if (steps.takeOver(secondary)) {
          steps.leaveMark(secondary);
          primary.awaitEnd();
          primary.start();
          steps.park(0, 2_000);
          injector.killInTurn(secondary, primary);
          steps.park(0, 500);
        }
      }
      case LOCK_OUT_AMONG_WRITES -> {
        steps.leaveMark(primary);
        site.aoe().worsen();
        steps.logMuch(primary);
        injector.pause(primary);
        if (steps.takeOver(secondary)) {
          site.san().heal();
          steps.leaveMark(secondary);
          steps.logMuch(secondary);
        }
        injector.resume(primary);
        steps.park(0, 1_500);
      }
      case RESERVE_IN_TURN -> {
        site.network.cutBoth(primary.name(), secondary.name());
        NodeProcess next = secondary;
        for (int turn = 0; turn < TURNS; turn++) {
          steps.tell(next.name() + ": " + Site.operate(next, Action.PROMOTE));
          steps.park(0, 1_500);
          next = random.nextInt(4) == 0 ? next : site.peerOf(next);
        }
      }
      default -> throw new IllegalArgumentException(plot + " is no plot");
    }
  }
}
