package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A pair that reserves its shelf, a real vblade: each node has a network interface of its own. A
 * primary that is stopped among writes, and replaced, is kept out until nothing of it is under way.
 */
@Tag("process")
final class FencePairTest {

  private static final long SHELF_BYTES = 256L << 20;
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int BLOCKS = 64;
  private static final int ANSWER_MILLIS = 60_000;

  /** More than the stopped primary comes to. */
  private static final int NEWER = 1_000_000;

  @Test
  void shouldKeepAStoppedPrimaryOutUntilItHasNothingUnderWay() throws Exception {
    try (AoeSwitch network = AoeSwitch.start(9000);
        AoeSan san = AoeSan.start(network, SHELF_BYTES);
        Pair pair = start(network, san, "?reserve=kept")) {
      stopAmongWrites(pair);
      pair.beta.awaitLog("fence: .*closed", LIMIT);
      assertEquals("reserve", pair.beta.status().getFencing());
      writeAll(pair.beta, NEWER);
      pair.beta.await(
          "all blocks to be in place, and none to be kept in the log",
          status -> status.getBacking().getRingUsedBytes() == 0,
          LIMIT);
      wakesUp(pair);
      pair.beta.awaitLog("fence: .*lifted", LIMIT);
    }
  }

  @Test
  void shouldReserveAgainWhenTheShelfHasForgotten() throws Exception {
    try (AoeSwitch network = AoeSwitch.start(9000);
        AoeSan san = AoeSan.start(network, SHELF_BYTES);
        Pair pair = start(network, san, "")) {
      stopAmongWrites(pair);
      pair.beta.awaitLog("fence: .*-> set", LIMIT);
      assertEquals("reserve, not kept: masks guard", pair.beta.status().getFencing());
      san.restart(1);
      pair.beta.awaitLog("fence: .*lapsed", LIMIT);
      pair.beta.await(
          "the reservation",
          status -> status.getFencing().equals("reserve, not kept: masks guard"),
          LIMIT);
      writeAll(pair.beta, NEWER);
      wakesUp(pair);
    }
  }

  /** Alpha is stopped while a client writes as fast as it can, and beta takes over. */
  private static void stopAmongWrites(Pair pair) throws Exception {
    NbdClient client = NbdClient.open(pair.alpha, ANSWER_MILLIS);
    Thread writer =
        new Thread(
            () -> {
              try (client) {
                for (int version = 1; version < NEWER; version++) {
                  writeAll(client, version);
                }
              } catch (IOException e) {
                // The node has lost the role, and closed the connection.
              }
            },
            "writer");
    writer.setDaemon(true);
    writer.start();
    pair.alpha.await("writes", status -> status.getBacking().getLoggedNumber() > BLOCKS, LIMIT);
    pair.alpha.pause();
    Pair.takeOver(pair.beta);
  }

  private static void writeAll(NodeProcess node, int version) throws IOException {
    try (NbdClient client = NbdClient.open(node, ANSWER_MILLIS)) {
      writeAll(client, version);
    }
  }

  private static void writeAll(NbdClient client, int version) throws IOException {
    for (int block = 0; block < BLOCKS; block++) {
      client.write((long) block * Blocks.BYTES, Blocks.content(block, 1, version));
    }
  }

  /** Alpha goes on where it was stopped, is refused, lets itself in, and is filled again. */
  private static void wakesUp(Pair pair) throws Exception {
    pair.alpha.resume();
    pair.alpha.awaitLog("reserved for others", LIMIT);
    pair.alpha.awaitLog("fence: locked out -> let in", LIMIT);
    pair.alpha.await("the loss of the role", status -> !Pair.isPrimary(status), LIMIT);
    pair.awaitBothUpToDate(pair.beta);
    pair.beta.twinlog("verify", "r0").orFail();
    pair.beta.twinlog("verify", "r0", "--backing").orFail();
    try (NbdClient client = NbdClient.open(pair.beta, ANSWER_MILLIS)) {
      for (int block = 0; block < BLOCKS; block++) {
        byte[] content = client.read((long) block * Blocks.BYTES, Blocks.BYTES);
        assertTrue(Blocks.is(content, 0, block, NEWER), "block " + block);
      }
    }
  }

  private static Pair start(AoeSwitch network, AoeSan san, String options) throws Exception {
    return Pair.start(
        lines(san.shelf(network.port("alpha")) + options),
        lines(san.shelf(network.port("beta")) + options));
  }

  private static String lines(String shelf) {
    return "fencing = reserve, backing { shelves = [\"" + shelf + "\"] }";
  }
}
