package io.twinlog.appliance.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.appliance.admin.AdminClient;
import io.twinlog.appliance.config.ConfigLoader;
import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.appliance.config.TwinlogConfig;
import io.twinlog.blockdev.log.BackingFormat;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.NewBacking;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.proto.admin.Action;
import io.twinlog.proto.admin.Event;
import io.twinlog.proto.admin.EventsRequest;
import io.twinlog.proto.admin.OperateRequest;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.StatusRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole nodes of one resource in this process, over loopback sockets and a real file. */
@Timeout(120)
class NodeTest {

  @TempDir Path directory;
  private final AtomicReference<String> panic = new AtomicReference<>();
  private final List<Integer> ports = new ArrayList<>();
  private TwinlogConfig config;

  @BeforeEach
  void setUp() throws Exception {
    // All at once: a port that was let go may be given out again.
    List<ServerSocket> free = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      free.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      ports.add(free.get(i).getLocalPort());
    }
    for (ServerSocket socket : free) {
      socket.close();
    }
    String text =
        """
        resource r0 {
          size = 1 MiB
          backing { shelves = ["file:%s/r0.img?buffered"] }
          nodes {
            alpha { peer = "127.0.0.1:%d", nbd = "127.0.0.1:%d", metrics = "127.0.0.1:%d" }
            beta { peer = "127.0.0.1:%d", nbd = "127.0.0.1:%d" }
          }
          limits { max-pending = 32 MiB }
        }
        """
            .formatted(
                directory, ports.get(0), ports.get(1), ports.get(2), ports.get(3), ports.get(4));
    config = ConfigLoader.load(Files.writeString(directory.resolve("twinlog.conf"), text));
    format(config.resources().get(0));
  }

  @AfterEach
  void tearDown() {
    assertNull(panic.get());
  }

  private static void format(ResourceConfig resource) throws IOException {
    Layout layout = Layout.of(resource.sizeBytes(), 512, 0);
    resource.shelves().get(0).createIfMissing(layout.totalBytes());
    try (Shelf shelf = resource.shelves().get(0).open("r0", (thread, failure) -> {})) {
      NewBacking backing =
          new NewBacking(
              UUID.randomUUID(), "r0", layout, resource.nodeNames(), Instant.ofEpochSecond(1));
      BackingFormat.create(shelf, backing, false);
    }
  }

  private Node start(String name) throws StartException {
    return Node.start(config, new NodeOptions(name, directory.resolve(name), false), panic::set);
  }

  private Reply ask(String node, Request request) throws IOException {
    try (AdminClient client = AdminClient.ask(node, directory.resolve(node), request)) {
      return client.next(30_000);
    }
  }

  private ResourceStatus status(String node) throws IOException {
    Request request = Request.newBuilder().setStatus(StatusRequest.getDefaultInstance()).build();
    return ask(node, request).getStatus().getResources(0);
  }

  private void operate(String node, Action action) throws IOException {
    Request request =
        Request.newBuilder()
            .setOperate(OperateRequest.newBuilder().setResource("r0").setAction(action))
            .build();
    Reply reply = ask(node, request);
    assertTrue(reply.hasDone(), reply::toString);
  }

  /** Reads the node's events, the present state among them, until one says this. */
  private void awaitEvent(String node, String kind, String to) throws IOException {
    Request request = Request.newBuilder().setEvents(EventsRequest.getDefaultInstance()).build();
    try (AdminClient client = AdminClient.ask(node, directory.resolve(node), request)) {
      Event event;
      do {
        event = client.next(30_000).getEvent();
      } while (!event.getKind().equals(kind) || !event.getTo().equals(to));
    }
  }

  @Test
  void shouldServeAPairWhenBothNodesRun() throws Exception {
    Node alpha = start("alpha");
    Node beta = start("beta");
    try {
      awaitEvent("alpha", "connection", "connected");
      operate("alpha", Action.PROMOTE);
      awaitEvent("beta", "copy", "up-to-date");
      ResourceStatus status = status("alpha");
      assertEquals("primary", status.getRole());
      assertEquals(List.of("alpha", "beta"), status.getView().getMembersList());
      assertEquals("ok", status.getBacking().getState());
      String metrics = scrape();
      assertTrue(metrics.contains("twinlog_primary{node=\"alpha\",resource=\"r0\"} 1.0"), metrics);
      assertTrue(metrics.contains("twinlog_view_members{node=\"alpha\",resource=\"r0\"} 2.0"));
    } finally {
      alpha.stop(Duration.ofSeconds(30));
      beta.stop(Duration.ofSeconds(30));
    }
    assertEquals("", RunDir.holder(directory.resolve("alpha")));
  }

  private String scrape() throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + ports.get(2) + "/metrics");
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
        .body();
  }

  @Test
  void shouldNameTheAddressAndLeaveNothingBehindWhenItIsTaken() throws Exception {
    try (ServerSocket taken = new ServerSocket(ports.get(4), 1, InetAddress.getLoopbackAddress())) {
      StartException refusal = assertThrows(StartException.class, () -> start("beta"));
      assertEquals(
          "cannot listen at 127.0.0.1:" + taken.getLocalPort() + " (nbd): ",
          refusal.getMessage().substring(0, refusal.getMessage().indexOf("(nbd): ") + 7));
    }
    start("beta").close();
  }

  @Test
  void shouldRefuseToStartWhenTheBackingIsNotFormatted() throws Exception {
    Path shelf = directory.resolve("r0.img");
    long size = Files.size(shelf);
    Files.delete(shelf);
    StartException missing = assertThrows(StartException.class, () -> start("alpha"));
    assertTrue(missing.getMessage().contains("r0.img"), missing.getMessage());
    config.resources().get(0).shelves().get(0).createIfMissing(size);
    StartException blank = assertThrows(StartException.class, () -> start("alpha"));
    assertTrue(blank.getMessage().contains("twinlog create r0"), blank.getMessage());
  }
}
