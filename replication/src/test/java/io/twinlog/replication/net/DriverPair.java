package io.twinlog.replication.net;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.channel.EventLoopGroup;
import io.twinlog.blockdev.log.BackingFormat;
import io.twinlog.blockdev.log.ExpectedBacking;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.NewBacking;
import io.twinlog.blockdev.log.Superblock;
import io.twinlog.blockdev.ram.MappedRam;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.replication.core.RamRecord;
import io.twinlog.replication.core.ReplicaConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Two whole nodes in one process: loopback sockets between them, one file as their backing. */
final class DriverPair implements AutoCloseable {

  static final long DEVICE_BYTES = 4 << 20;

  private static final List<String> NODES = List.of("alpha", "beta");
  private static final UUID RESOURCE = UUID.fromString("0d0c0b0a-0908-0706-0504-030201000000");

  final BlockingQueue<String> panics = new LinkedBlockingQueue<>();

  private final ShelfSpec shelf;
  private final Layout layout = Layout.of(DEVICE_BYTES, 4096, 0);
  private final EventLoopGroup loops = Transport.newGroup(3, "pair");
  private final List<PeerEndpoint> endpoints = new ArrayList<>();
  private final List<ResourceDriver> drivers = new ArrayList<>();
  private final List<EventFeed.Subscription> events = new ArrayList<>();
  private final List<BlockingQueue<Boolean>> wakes = new ArrayList<>();

  /** Formats the backing and starts both nodes. */
  DriverPair(Path directory) throws IOException {
    shelf = ShelfSpec.parse("file:" + directory.resolve("r0.img"));
    shelf.createIfMissing(layout.totalBytes());
    try (Shelf fresh = openShelf()) {
      NewBacking backing = new NewBacking(RESOURCE, "r0", layout, NODES, Instant.EPOCH);
      BackingFormat.create(fresh, backing, false);
    }
    for (int node = 0; node < 2; node++) {
      endpoints.add(PeerEndpoint.open(new PeerAddress("127.0.0.1", 0), loops.next()));
    }
    for (int node = 0; node < 2; node++) {
      drivers.add(open(node));
      BlockingQueue<Boolean> wake = new LinkedBlockingQueue<>();
      wakes.add(wake);
      events.add(drivers.get(node).events().subscribe(1000, () -> wake.add(true)));
    }
    drivers.forEach(ResourceDriver::start);
  }

  private Shelf openShelf() throws IOException {
    return shelf.open("pair", (thread, death) -> panics.add(thread + ": " + death));
  }

  private ResourceDriver open(int node) throws IOException {
    Shelf own = openShelf();
    Superblock superblock =
        BackingFormat.open(own, new ExpectedBacking(RESOURCE, "r0", DEVICE_BYTES, NODES));
    ReplicaConfig config =
        new ReplicaConfig(
            "r0",
            superblock.resource(),
            node,
            NODES,
            layout,
            false,
            false,
            ReplicaConfig.Timing.defaults(),
            DEVICE_BYTES,
            8 << 20);
    PeerSettings peer =
        new PeerSettings(
            new PeerAddress("127.0.0.1", endpoints.get(1 - node).port()),
            endpoints.get(node),
            new Secret("a secret".getBytes(UTF_8)),
            Map.of("size", "4 MiB"));
    return ResourceDriver.open(
        config,
        peer,
        MappedRam.unlocked(DEVICE_BYTES),
        RamRecord.NONE,
        List.of(own),
        loops.next(),
        new BufferLimits(ReplicaConfig.SMALL_BUFFERS, ReplicaConfig.PIECE_BUFFERS),
        panics::add);
  }

  ResourceDriver node(int node) {
    return drivers.get(node);
  }

  /** Waits for an event such as {@code connection connected}; earlier ones are gone through. */
  void await(int node, String kindAndState) throws InterruptedException {
    List<String> seen = new ArrayList<>();
    while (wakes.get(node).poll(30, TimeUnit.SECONDS) != null) {
      EventFeed.Entry entry = events.get(node).poll();
      String event = entry.event().kind() + " " + entry.event().to();
      if (event.equals(kindAndState)) {
        return;
      }
      seen.add(event);
    }
    throw new AssertionError("node " + node + ": no " + kindAndState + " in " + seen + panics);
  }

  @Override
  public void close() throws IOException {
    for (ResourceDriver driver : drivers) {
      driver.close();
    }
    for (PeerEndpoint endpoint : endpoints) {
      endpoint.close();
    }
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
