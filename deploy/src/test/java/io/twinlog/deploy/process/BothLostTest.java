package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Both nodes are killed at the same moment: what is there afterwards, and what is said of it. */
@Tag("process")
final class BothLostTest {

  private final Promises promises = new Promises();

  @Test
  void shouldHaveEverythingThatWasFlushedWhenFlushWaitsForTheLog() throws Exception {
    try (Pair pair = Pair.start("flush = log")) {
      try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
        for (int round = 0; round < 30; round++) {
          promises.write(client, 7);
          client.flush();
          promises.count();
        }
        promises.write(client, 7);
        loseBoth(pair);
      }

      promoteWithLoss(pair);
      promises.verify(pair.beta);
    }
  }

  @Test
  void shouldHaveEveryAcknowledgedWriteWhenTheSecondaryWasToldThatPowerFails() throws Exception {
    try (Pair pair = Pair.start()) {
      try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
        pair.beta.powerFails();
        pair.alpha.await("emergency mode", ResourceStatus::getEmergency, Pair.SOON);
        promises.write(client, 100);
        promises.count();
        Launcher.Result status = pair.alpha.twinlog("status").orFail();
        assertTrue(status.out().contains("emergency"), status::toString);
        loseBoth(pair);
      }

      assertFalse(pair.beta.status().getEmergency(), "it ends with the process");
      promoteWithLoss(pair);
      promises.verify(pair.beta);
    }
  }

  @Test
  void shouldSwitchEmergencyModeOfBothNodesOnAndOffWhenOneIsTold() throws Exception {
    try (Pair pair = Pair.start()) {
      pair.alpha.twinlog("emergency", "on").orFail();
      pair.beta.await("emergency mode", ResourceStatus::getEmergency, Pair.SOON);
      pair.beta.twinlog("emergency", "off", "r0").orFail();
      pair.alpha.await("no emergency mode", status -> !status.getEmergency(), Pair.SOON);

      pair.beta.hook("nut-notify", "ONBATT").orFail();
      pair.alpha.await("emergency mode", ResourceStatus::getEmergency, Pair.SOON);
      pair.alpha.hook("apcupsd-offbattery", "").orFail();
      pair.beta.await("no emergency mode", status -> !status.getEmergency(), Pair.SOON);

      Launcher.Result neither = pair.alpha.twinlog("emergency", "perhaps");
      assertEquals(2, neither.exitCode(), neither::toString);
    }
  }

  @Test
  void shouldStartByItselfWithNothingLostWhenTheBackingIsComplete() throws Exception {
    try (Pair pair = Pair.start("failover = automatic")) {
      pair.beta.kill();
      pair.alpha.await(
          "a complete lone view",
          s -> s.getView().getMembersCount() == 1 && s.getView().getComplete(),
          Pair.SOON);
      try (NbdClient client = NbdClient.open(pair.alpha, 60_000)) {
        promises.write(client, 100);
        promises.count();
        pair.alpha.kill();
      }
      pair.alpha.start();
      pair.beta.start();

      pair.alpha.await("a primary", BothLostTest::hasPrimary, Pair.SOON);
      promises.verify(Pair.isPrimary(pair.alpha.status()) ? pair.alpha : pair.beta);
    }
  }

  @Test
  void shouldHaveOneOutcomeWhenBothNodesArePromotedAtTheSameMoment() throws Exception {
    try (Pair pair = Pair.create()) {
      pair.alpha.start();
      pair.beta.start();
      pair.alpha.await("a connection", Pair::isConnected, Pair.SOON);
      for (int round = 0; round < 3; round++) {
        Launcher.Result[] results = new Launcher.Result[2];
        Thread other =
            new Thread(
                () -> {
                  try {
                    results[1] = pair.beta.twinlog("promote", "r0");
                  } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
        other.start();
        results[0] = pair.alpha.twinlog("promote", "r0");
        other.join();

        assertEquals(1, results[0].exitCode() + results[1].exitCode(), text(results));
        Launcher.Result refused = results[results[0].exitCode() == 1 ? 0 : 1];
        assertEquals(1, refused.err().lines().count(), refused::toString);
        NodeProcess primary = results[0].exitCode() == 0 ? pair.alpha : pair.beta;
        pair.awaitBothUpToDate(primary);
        assertTrue(Pair.isPrimary(primary.status()), primary::toString);
        primary.twinlog("demote", "r0").orFail();
      }
    }
  }

  private static String text(Launcher.Result[] results) {
    return results[0] + "\n" + results[1];
  }

  private static boolean hasPrimary(ResourceStatus status) {
    return Pair.isPrimary(status) || status.getPeer().getRole().equals("primary");
  }

  private static void loseBoth(Pair pair) throws IOException, InterruptedException {
    pair.alpha.kill();
    pair.beta.kill();
    pair.alpha.start();
    pair.beta.start();
    pair.beta.await("a connection", Pair::isConnected, Pair.SOON);
  }

  /** Refused first, with what the backing holds; then accepted, with what to do. */
  private static void promoteWithLoss(Pair pair) throws IOException, InterruptedException {
    Launcher.Result refused = pair.beta.twinlog("promote", "r0");
    assertEquals(1, refused.exitCode(), refused::toString);
    assertTrue(refused.err().contains("--accept-loss"), refused::toString);
    assertTrue(refused.err().contains("everything up to write"), refused::toString);
    Launcher.Result accepted = pair.beta.twinlog("promote", "r0", "--accept-loss").orFail();
    assertTrue(accepted.out().contains("lost"), accepted::toString);
    assertTrue(accepted.out().contains("^has_journal"), accepted::toString);
    pair.beta.await("the primary role", Pair::isPrimary, Pair.SOON);
  }
}
