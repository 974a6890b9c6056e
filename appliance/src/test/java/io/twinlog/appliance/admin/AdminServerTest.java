package io.twinlog.appliance.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.EventsRequest;
import io.twinlog.proto.admin.OperateRequest;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import io.twinlog.proto.admin.StatusRequest;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AdminServerTest {

  private static final Request STATUS =
      Request.newBuilder().setStatus(StatusRequest.getDefaultInstance()).build();

  @TempDir Path runDir;
  private final ScriptedService service = new ScriptedService();
  private AdminServer server;

  @BeforeEach
  void setUp() throws IOException {
    server = AdminServer.start(runDir, service);
  }

  @AfterEach
  void tearDown() {
    server.close();
  }

  private AdminClient ask(Request request) throws AdminException {
    return AdminClient.ask("node alpha", runDir, request);
  }

  private static Request operate(Action action) {
    return Request.newBuilder()
        .setOperate(OperateRequest.newBuilder().setResource("r0").setAction(action))
        .build();
  }

  @Test
  void shouldAnswerOnceWhenStatusIsAskedFor() throws Exception {
    try (AdminClient client = ask(STATUS)) {
      assertEquals("r0", client.next(0).getStatus().getResources(0).getName());
      assertNull(client.next(0));
    }
  }

  @Test
  void shouldAnswerAgainAndAgainWhenStatusIsWatched() throws Exception {
    StatusRequest watch = StatusRequest.newBuilder().setWatchMillis(1).build();
    try (AdminClient client = ask(Request.newBuilder().setStatus(watch).build())) {
      assertTrue(client.next(0).hasStatus());
      assertTrue(client.next(0).hasStatus());
      assertTrue(client.next(0).hasStatus());
    }
  }

  @Test
  void shouldTellTheOutcomeWhenAnActionIsDoneRefusedOrFails() throws Exception {
    try (AdminClient client = ask(operate(Action.FLUSH))) {
      assertEquals("all logged", client.next(0).getDone().getDetail());
    }
    try (AdminClient client = ask(operate(Action.DEMOTE))) {
      assertEquals("not now; try later", client.next(0).getRefused().getReason());
    }
    try (AdminClient client = ask(operate(Action.PROMOTE))) {
      assertTrue(client.next(0).getRefused().getReason().contains("a bug"));
    }
  }

  @Test
  void shouldSendTheStateAndThenChangesWhenEventsAreFollowed() throws Exception {
    Request events = Request.newBuilder().setEvents(EventsRequest.getDefaultInstance()).build();
    try (AdminClient client = ask(events)) {
      assertEquals("secondary", client.next(0).getEvent().getTo());
      assertEquals("", client.next(0).getEvent().getFrom());
      assertEquals("inconsistent", client.next(0).getEvent().getFrom());
      service.change("role", "secondary", "primary");
      Reply change = client.next(0);
      assertEquals("role", change.getEvent().getKind());
      assertEquals("primary", change.getEvent().getTo());
    }
    assertTrue(service.unfollowed.await(30, TimeUnit.SECONDS));
  }

  @Test
  void shouldEndAfterTheStateWhenEventsAreAskedForOnce() throws Exception {
    EventsRequest once = EventsRequest.newBuilder().setOnce(true).build();
    try (AdminClient client = ask(Request.newBuilder().setEvents(once).build())) {
      assertTrue(client.next(0).hasEvent());
      assertTrue(client.next(0).hasEvent());
      assertNull(client.next(0));
    }
  }

  @Test
  void shouldRefuseWhenTheRequestIsOfANewerVersion() throws Exception {
    try (AdminClient client = ask(Request.getDefaultInstance())) {
      assertTrue(client.next(0).getRefused().getReason().contains("older version"));
    }
  }

  @Test
  void shouldLetOnlyItsUserInWhenTheSocketIsMade() throws IOException {
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(AdminWire.socket(runDir))));
  }

  @Test
  void shouldTakeTheSocketOverWhenAnEarlierProcessLeftItsOwn() throws Exception {
    server.close();
    assertFalse(Files.exists(AdminWire.socket(runDir)));
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(AdminWire.socket(runDir)));
    }
    server = AdminServer.start(runDir, service);
    try (AdminClient client = ask(STATUS)) {
      assertTrue(client.next(0).hasStatus());
    }
  }

  @Test
  void shouldRefuseToStartWhenTheSocketsNameWouldBeTooLong() {
    Path deep = runDir.resolve("x".repeat(108));
    IOException refusal = assertThrows(IOException.class, () -> AdminServer.start(deep, service));
    assertTrue(refusal.getMessage().startsWith("the run directory's name is too long"));
  }

  /** Whatever a client sends, it is cut off or refused, and the next one is served. */
  @Test
  void shouldServeOnWhenClientsTalkNonsense() throws Exception {
    Random random = new Random(20260102);
    for (int round = 0; round < 200; round++) {
      byte[] body = new byte[random.nextInt(64)];
      random.nextBytes(body);
      ByteBuffer frame = ByteBuffer.allocate(AdminWire.LENGTH_BYTES + body.length);
      frame.putInt(round % 2 == 0 ? body.length : random.nextInt()).put(body).flip();
      sendRaw(frame);
    }
    try (AdminClient client = ask(STATUS)) {
      assertTrue(client.next(0).hasStatus());
    }
  }

  /** Fails by its timeout when the server waits for the bytes of such a length. */
  @Test
  void shouldCutTheClientOffWhenItsRequestIsLongerThanAnyCanBe() throws Exception {
    for (int length : new int[] {AdminWire.MAX_REQUEST_BYTES + 1, Integer.MAX_VALUE, -1}) {
      try (SocketChannel channel =
          SocketChannel.open(UnixDomainSocketAddress.of(AdminWire.socket(runDir)))) {
        channel.write(ByteBuffer.allocate(AdminWire.LENGTH_BYTES).putInt(length).flip());
        assertEquals(-1, channel.read(ByteBuffer.allocate(1)), "length " + length);
      }
    }
  }

  private void sendRaw(ByteBuffer frame) throws IOException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(AdminWire.socket(runDir)))) {
      while (frame.hasRemaining()) {
        channel.write(frame);
      }
    }
  }
}
