package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.twinlog.blockdev.RamBlockService;
import io.twinlog.blockdev.shelf.BlockingShelf;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The target on a cable, with our own initiator as its client, and vblade as its rival. */
@Timeout(120)
class AoeTargetTest {

  private static final int BYTES = 4 << 20;
  private static final UUID RESOURCE = new UUID(3, 0x0123456789L);

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());

  /** Loops that cannot wait for the target's socket. */
  private final EventLoopGroup otherGroup =
      new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());

  private final List<AutoCloseable> open = new ArrayList<>();
  private final BlockingQueue<String> rivals = new LinkedBlockingQueue<>();
  private TestNet net;

  @BeforeEach
  void create() throws Exception {
    net = TestNet.create();
  }

  @AfterEach
  void close() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    if (net != null) {
      net.close();
    }
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    otherGroup.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  private record Node(RamBlockService device, AoeTarget target, EventLoop loop) {
    void leavePrimary() {
      loop.submit(device::leavePrimary).syncUninterruptibly();
    }

    void becomePrimary() {
      loop.submit(device::becomePrimary).syncUninterruptibly();
    }
  }

  private Node node(String interfaceName, boolean primary, boolean virtualMac) throws IOException {
    return node(group.next(), interfaceName, primary, virtualMac);
  }

  private Node node(EventLoop loop, String interfaceName, boolean primary, boolean virtualMac)
      throws IOException {
    RamBlockService device = new RamBlockService("r0", BYTES);
    open.add(device);
    if (!primary) {
      device.leavePrimary();
    }
    TargetSettings settings =
        new TargetSettings(
            interfaceName, new AoeAddress(1, 0), RESOURCE, List.of(), "", virtualMac, true);
    AoeTarget target =
        AoeTarget.start(
            settings,
            device,
            loop,
            PooledByteBufAllocator.DEFAULT,
            (what, line) -> rivals.add(what + ": " + line),
            (thread, death) -> death.printStackTrace());
    open.add(target);
    return new Node(device, target, loop);
  }

  private static Shelf client(String interfaceName) throws IOException {
    return ShelfSpec.parse("aoe:" + interfaceName + "/1.0")
        .open("c", (thread, death) -> death.printStackTrace());
  }

  @ParameterizedTest
  @CsvSource({"1500, false", "9000, true"})
  void shouldServeAClientOverABadNetwork(int mtu, boolean epoll) throws Exception {
    TestNet.Cable near = net.nearCable(mtu);
    TestNet.Cable far = net.nearCable(mtu);
    node((epoll ? group : otherGroup).next(), far.far(), true, true);
    try (FaultyWire wire = FaultyWire.start(near.far(), far.near(), mtu);
        Shelf client = client(near.near())) {
      ByteBuffer data = SimulatedWire.buffer(BYTES, 1);
      BlockingShelf blocking = new BlockingShelf(client);
      blocking.writeDurably("write", 0, data);
      wire.suffer(new FaultyWire.Faults(5, 20, 20, 20, 100_000_000L));
      blocking.writeDurably("again", 0, data);
      ByteBuffer read = ByteBuffer.allocateDirect(BYTES);
      blocking.read("read", 0, read);
      SimulatedWire.assertSame(data, read, "through the target");
    }
  }

  @ParameterizedTest
  @CsvSource({"true, true", "false, false"})
  void shouldBeFoundOnTheOtherNodeWhenThePrimaryMoves(boolean virtualMac, boolean epoll)
      throws Exception {
    // A switch between three cables: the namespace's bridge.
    TestNet.Cable client = net.cable(1500);
    TestNet.Cable alpha = net.cable(1500);
    TestNet.Cable beta = net.cable(1500);
    net.far("link add br0 type bridge");
    for (TestNet.Cable cable : List.of(client, alpha, beta)) {
      net.far("link set " + cable.far() + " master br0");
    }
    net.far("link set br0 up");
    EventLoopGroup loops = epoll ? group : otherGroup;
    Node primary = node(loops.next(), alpha.near(), true, virtualMac);
    Node secondary = node(loops.next(), beta.near(), false, virtualMac);
    try (Shelf shelf = client(client.near())) {
      ByteBuffer data = SimulatedWire.buffer(512 * 1024, 1);
      new BlockingShelf(shelf).writeDurably("write", 0, data);
      primary.loop().submit(primary.device()::hold).sync();
      CompletableFuture<IOException> lost = new CompletableFuture<>();
      shelf.submit(
          new IoChain("lost", IoChain.Lane.DATA, lost::complete).write(0, data), Runnable::run);
      TimeUnit.MILLISECONDS.sleep(100);
      primary.leavePrimary();
      secondary.becomePrimary();
      // A pause, and no error.
      assertNull(lost.get(30, TimeUnit.SECONDS));
      ByteBuffer read = ByteBuffer.allocateDirect(512 * 1024);
      new BlockingShelf(shelf).read("read", 0, read);
      SimulatedWire.assertSame(data, read, "from the new primary");
      assertEquals(0, rivals.size(), rivals::toString);
    }
  }

  @Test
  void shouldBeSilentWhenItIsNotPrimary() throws Exception {
    TestNet.Cable cable = net.nearCable(1500);
    Node node = node(cable.far(), false, true);
    String where = "aoe:" + cable.near() + "/1.0?deadline=1s";
    assertThrows(
        IOException.class,
        () -> ShelfSpec.parse(where).open("c", (thread, death) -> death.printStackTrace()));
    node.becomePrimary();
    client(cable.near()).close();
  }

  @Test
  void shouldAlarmWhenARivalServesTheSameShelfAndSlot() throws Exception {
    Programs.need("vblade");
    TestNet.Cable cable = net.cable(1500);
    node(cable.near(), true, true);
    Path file = Files.createTempFile("rival", ".img");
    Files.write(file, new byte[512]);
    net.vblade(new AoeAddress(1, 0), cable, file);
    String line = rivals.poll(30, TimeUnit.SECONDS);
    assertTrue(
        line != null && line.startsWith("rival: ") && line.contains("answers for AoE 1.0 too"),
        line);
    Files.delete(file);
  }

  @Test
  void shouldServeAgainWhenTheInterfaceWasDown() throws Exception {
    TestNet.Cable cable = net.nearCable(1500);
    node(cable.far(), true, true);
    try (Shelf client = client(cable.near())) {
      ByteBuffer data = SimulatedWire.buffer(65536, 1);
      Programs.run("ip link set " + cable.far() + " down");
      TimeUnit.MILLISECONDS.sleep(600);
      Programs.run("ip link set " + cable.far() + " mtu 9000 up");
      new BlockingShelf(client).writeDurably("write", 0, data);
    }
  }
}
