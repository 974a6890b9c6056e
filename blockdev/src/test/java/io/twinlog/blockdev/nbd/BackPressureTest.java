package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Nobody makes the server keep more than its limits say. */
class BackPressureTest {

  private static final String FLUSH =
      "25609513 0000 0003 0000000000000001 0000000000000000 00000000";

  @Test
  void shouldStopReadingWhenRequestLimitIsReachedAndGoOnAfterwards() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().hold();
      client.send(FLUSH.repeat(200));
      assertEquals(128, client.service().heldRequests());
      assertFalse(client.channel().config().isAutoRead());
      client.service().answerHeld();
      assertEquals(200 * Transmission.SIMPLE_REPLY_BYTES, client.receive().length);
      assertEquals(200, client.service().submitted());
      assertTrue(client.channel().config().isAutoRead());
    }
  }

  @Test
  void shouldLetGreatWriteInWhenSmallBudgetIsFreeAgain() {
    try (EmbeddedClient client = new EmbeddedClient(NbdLimits.DEFAULT, 64 << 10, "r0")) {
      client.greet();
      client.exportName();
      client.service().hold();
      client.send("25609513 0000 0001 0000000000000001 0000000000000000 00000001 'a'");
      client.send(
          "25609513 0000 0001 0000000000000002 0000000000000000 00100000"
              + Wire.repeat("62", 1 << 20));
      assertEquals(1, client.service().submitted());
      assertEquals(1, client.budget().usedBytes());
      client.service().answerHeld();
      assertEquals(2 * Transmission.SIMPLE_REPLY_BYTES, client.receive().length);
      assertEquals(0, client.budget().usedBytes());
    }
  }

  @Test
  void shouldReleaseBudgetWhenClientLeavesInTheMiddle() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().hold();
      client.send("25609513 0000 0000 0000000000000001 0000000000000000 00100000");
      client.send("25609513 0000 0001 0000000000000002 0000000000000000 00100000 'half'");
      assertEquals(2 << 20, client.budget().usedBytes());
      var unused = client.channel().close();
      assertEquals(1 << 20, client.budget().usedBytes());
      client.service().answerHeld();
      assertEquals(0, client.budget().usedBytes());
    }
  }

  @Test
  void shouldBoundMemoryWhenClientNeverReadsGreatReplies() throws Exception {
    try (ServerFixture server = ServerFixture.tcp(1 << 20);
        SocketClient client = SocketClient.of(server.address(), "r0")) {
      int reads = 300;
      for (int i = 0; i < reads; i++) {
        client.request(Transmission.CMD_READ, i, 0, 1 << 20);
      }
      for (int turn = 0; turn < 2000; turn++) {
        server.runOnLoop(() -> {});
        assertTrue(server.pinnedBytes() < 16 << 20, () -> server.pinnedBytes() + " bytes");
      }
      assertTrue(server.onLoop(server.service()::submitted) < reads);
      for (int i = 0; i < reads; i++) {
        client.expectSuccess(i);
        client.receive(1 << 20);
      }
      server.awaitOnLoop("the budget is free", () -> server.budget().usedBytes() == 0);
    }
  }

  @Test
  void shouldBoundMemoryWhenClientNeverReadsSmallReplies() throws Exception {
    try (ServerFixture server = ServerFixture.tcp(1 << 20);
        SocketClient client = SocketClient.of(server.address(), "r0")) {
      int requests = sendUntilStuck(server, client);
      assertTrue(server.pinnedBytes() < 16 << 20, () -> server.pinnedBytes() + " bytes");
      assertTrue(server.onLoop(server.service()::submitted) < requests);
    }
  }

  @Test
  void shouldDropWhatWaitedInTheSocketWhenClientHangsUp() throws Exception {
    try (ServerFixture server = ServerFixture.tcp(1 << 20)) {
      server.runOnLoop(server.service()::hold);
      try (SocketClient client = SocketClient.of(server.address(), "r0")) {
        for (int i = 0; i < 1000; i++) {
          client.request(Transmission.CMD_WRITE, i, 0, 1);
          client.send("5a");
        }
        server.awaitOnLoop("the limit is reached", () -> server.service().heldRequests() == 128);
      }
      server.runOnLoop(server.service()::answerHeld);
      server.awaitOnLoop("the client is gone", () -> server.server().connections() == 0);
      assertEquals(128, server.onLoop(server.service()::submitted));
    }
  }

  @Test
  void shouldKeepEveryByteWhenRequestsAreAsGreatAsTheyMayBe() throws Exception {
    int size = Transmission.MAX_PAYLOAD_BYTES;
    try (ServerFixture server = ServerFixture.tcp(size);
        SocketClient client = SocketClient.of(server.address(), "r0")) {
      ByteBuffer payload = ByteBuffer.allocate(size);
      for (int i = 0; i < size; i += 4) {
        payload.putInt(i, i);
      }
      for (int i = 0; i < 3; i++) {
        client.request(Transmission.CMD_WRITE, i, 0, size);
        client.send(payload.duplicate());
      }
      for (int i = 0; i < 3; i++) {
        client.expectSuccess(i);
      }
      client.request(Transmission.CMD_READ, 9, 0, size);
      client.expectSuccess(9);
      assertEquals(payload, client.receive(size));
    }
  }

  /** Sends FLUSH until the server has not taken a byte for many turns; how many were sent. */
  private static int sendUntilStuck(ServerFixture server, SocketClient client) throws IOException {
    ByteBuffer batch = ByteBuffer.allocate(1000 * Transmission.REQUEST_BYTES);
    for (int i = 0; i < 1000; i++) {
      batch.put(SocketClient.header(Transmission.CMD_FLUSH, i, 0, 0));
    }
    client.channel().configureBlocking(false);
    long sent = 0;
    for (int idle = 0; idle < 2000; idle++) {
      batch.position((int) (sent % batch.capacity()));
      int written = client.channel().write(batch);
      sent += written;
      idle = written > 0 ? 0 : idle;
      server.runOnLoop(() -> {});
    }
    return (int) (sent / Transmission.REQUEST_BYTES);
  }
}
