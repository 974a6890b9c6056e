package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server with real sockets and several loops. */
class NbdServerTest {

  private static final int SIZE_BYTES = 1 << 20;

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldMoveClientToLoopOfItsExportWhenServerHasSeveral(boolean epoll) throws Exception {
    try (ServerFixture server = ServerFixture.tcp(epoll, 3, SIZE_BYTES, NbdLimits.DEFAULT)) {
      for (int round = 0; round < 20; round++) {
        int resource = round % 3;
        try (SocketClient client = SocketClient.of(server.address(), "r" + resource)) {
          client.request(Transmission.CMD_WRITE, round, round, 1);
          client.send("5a");
          client.expectSuccess(round);
        }
      }
      server.runOnLoop(2, () -> assertEquals(6, server.service(2).submitted()));
    }
  }

  @Test
  void shouldServeRequestsWhenTheyWereSentTogetherWithTheLastOption() throws Exception {
    try (ServerFixture server = ServerFixture.tcp(true, 2, SIZE_BYTES, NbdLimits.DEFAULT);
        SocketClient client = new SocketClient(server.address())) {
      client.send(
          EmbeddedClient.CLIENT_FLAGS
              + "'IHAVEOPT' 00000006 00000008 00000002 'r0' 0000"
              + "'IHAVEOPT' 00000006 00000008 00000002 'r1' 0000"
              + "'IHAVEOPT' 00000001 00000002 'r1'"
              + "25609513 0000 0001 0000000000000001 0000000000000000 00000001 'a'");
      client.receive(18 + 2 * (20 + 12 + 20) + 10);
      client.expectSuccess(1);
    }
  }

  @Test
  void shouldCloseClientAndRefuseNextWhenRoleIsLeft() throws Exception {
    try (ServerFixture server = ServerFixture.tcp(SIZE_BYTES)) {
      try (SocketClient client = SocketClient.of(server.address(), "r0")) {
        server.runOnLoop(server.service()::leavePrimary);
        client.expectClosed();
      }
      assertThrows(IOException.class, () -> SocketClient.of(server.address(), "r0"));
      server.runOnLoop(server.service()::becomePrimary);
      SocketClient.of(server.address(), "r0").close();
    }
  }

  @Test
  void shouldLetConnectionGoWhenItsClientHangsUpWhileNegotiating() throws Exception {
    NbdLimits limits = new NbdLimits(8, 128, 64 << 20, Duration.ofHours(1), Duration.ofHours(1));
    try (ServerFixture server = ServerFixture.tcp(true, 1, SIZE_BYTES, limits)) {
      server.runOnLoop(server.service()::leavePrimary);
      for (int said = 0; said < 3; said++) {
        SocketClient client = new SocketClient(server.address());
        client.receive(18);
        client.send(said > 0 ? EmbeddedClient.CLIENT_FLAGS : "");
        if (said > 1) {
          client.send("'IHAVEOPT' 00000007 00000008 00000002 'r0' 0000");
          client.receive(20);
        }
        client.close();
        server.awaitOnLoop("the client is gone", () -> server.server().connections() == 0);
      }
    }
  }

  @Test
  void shouldCloseNewClientAtOnceWhenAllConnectionsAreTaken() throws Exception {
    NbdLimits limits =
        new NbdLimits(2, 128, 64 << 20, Duration.ofSeconds(10), Duration.ofSeconds(10));
    try (ServerFixture server = ServerFixture.tcp(true, 1, SIZE_BYTES, limits);
        SocketClient first = SocketClient.of(server.address(), "r0")) {
      try (SocketClient second = SocketClient.of(server.address(), "r0");
          SocketClient third = new SocketClient(server.address())) {
        third.expectClosed();
        second.request(Transmission.CMD_FLUSH, 1, 0, 0);
        second.expectSuccess(1);
      }
      server.awaitOnLoop("two are gone", () -> server.server().connections() == 1);
      SocketClient.of(server.address(), "r0").close();
      first.request(Transmission.CMD_FLUSH, 2, 0, 0);
      first.expectSuccess(2);
    }
  }

  @Test
  void shouldCloseStalledClientsWhenAnotherWaitsForTheirBudget() throws Exception {
    NbdLimits limits =
        new NbdLimits(8, 128, 64 << 20, Duration.ofSeconds(10), Duration.ofMillis(50));
    int great = Transmission.MAX_PAYLOAD_BYTES;
    try (ServerFixture server = ServerFixture.tcp(true, 1, great, limits);
        SocketClient client = SocketClient.of(server.address(), "r0")) {
      SocketClient[] stalled = new SocketClient[3];
      for (int i = 0; i < stalled.length; i++) {
        stalled[i] = SocketClient.of(server.address(), "r0");
        stalled[i].request(Transmission.CMD_WRITE, i, 0, great);
      }
      server.awaitOnLoop(
          "the budget is used up", () -> server.budget().usedBytes() == ServerFixture.BUDGET_BYTES);
      client.request(Transmission.CMD_WRITE, 7, 0, 1);
      client.send("5a");
      client.expectSuccess(7);
      for (SocketClient each : stalled) {
        each.close();
      }
    }
  }

  @Test
  void shouldCloseClientsWhenServerCloses() throws Exception {
    try (ServerFixture server = ServerFixture.tcp(SIZE_BYTES);
        SocketClient client = SocketClient.of(server.address(), "r0")) {
      server.server().close();
      client.expectClosed();
      assertEquals(0, server.server().connections());
    }
  }

  @Test
  void shouldFinishWhatWasAskedWhenClientDisconnectsAndClosesItsHalf() throws Exception {
    try (ServerFixture server = ServerFixture.tcp(SIZE_BYTES);
        SocketClient client = SocketClient.of(server.address(), "r0")) {
      server.runOnLoop(server.service()::hold);
      client.request(Transmission.CMD_READ, 3, 0, 4096);
      client.request(Transmission.CMD_DISC, 0, 0, 0);
      client.channel().shutdownOutput();
      server.awaitOnLoop("the read is there", () -> server.service().heldRequests() == 1);
      server.runOnLoop(server.service()::answerHeld);
      client.expectSuccess(3);
      client.receive(4096);
      client.expectClosed();
    }
  }

  @Test
  void shouldReplaceStaleSocketFileWhenNobodyListens() throws Exception {
    Path path = directory.resolve("stale.sock");
    try (ServerSocketChannel crashed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      crashed.bind(UnixDomainSocketAddress.of(path));
    }
    assertTrue(Files.exists(path));
    try (ServerFixture server = ServerFixture.unix(path, SIZE_BYTES);
        SocketClient client = SocketClient.of(UnixDomainSocketAddress.of(path), "r0")) {
      client.request(Transmission.CMD_FLUSH, 1, 0, 0);
      client.expectSuccess(1);
      assertEquals(0, server.budget().usedBytes());
    }
    assertTrue(Files.notExists(path));
  }

  @Test
  void shouldRefuseToStartWhenSocketFileIsInUseOrSomethingElse() throws Exception {
    Path path = directory.resolve("used.sock");
    try (ServerFixture server = ServerFixture.unix(path, SIZE_BYTES)) {
      assertThrows(IOException.class, () -> ServerFixture.unix(path, SIZE_BYTES));
      assertEquals(0, server.server().connections());
    }
    Path file = Files.write(directory.resolve("precious"), new byte[] {1});
    assertThrows(IOException.class, () -> ServerFixture.unix(file, SIZE_BYTES));
    assertEquals(1, Files.size(file));
  }

  @Test
  void shouldReadTheRangeAskedForWhenItIsOdd() throws Exception {
    Path path = directory.resolve("nbd.sock");
    try (ServerFixture server = ServerFixture.unix(path, SIZE_BYTES);
        SocketClient client = SocketClient.of(UnixDomainSocketAddress.of(path), "r0")) {
      server.runOnLoop(
          () -> server.service().ram().write(5, ByteBuffer.wrap(new byte[] {1, 2, 3})));
      client.request(Transmission.CMD_READ, 1, 4, 5);
      client.expectSuccess(1);
      assertEquals(ByteBuffer.wrap(new byte[] {0, 1, 2, 3, 0}), client.receive(5));
    }
  }
}
