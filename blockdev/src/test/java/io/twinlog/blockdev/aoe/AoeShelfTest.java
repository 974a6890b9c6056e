package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.shelf.BlockingShelf;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A shelf on a real {@code vblade -s} in a network namespace. */
@Timeout(120)
class AoeShelfTest {

  private static final int BYTES = 4 << 20;
  private static final AoeAddress ADDRESS = new AoeAddress(7, 0);

  private TestNet net;
  private Path file;

  @BeforeEach
  void create() throws Exception {
    Programs.need("vblade");
    net = TestNet.create();
    // In RAM where there is such a place: a disk that writes each frame through takes minutes.
    Path memory = Path.of("/dev/shm");
    file =
        Files.isDirectory(memory)
            ? Files.createTempFile(memory, "shelf", ".img")
            : Files.createTempFile("shelf", ".img");
    Files.write(file, new byte[BYTES]);
  }

  @AfterEach
  void close() throws Exception {
    if (net != null) {
      net.close();
      Files.delete(file);
    }
  }

  private static Shelf open(String where) throws IOException {
    return ShelfSpec.parse(where).open("r0", (thread, death) -> death.printStackTrace());
  }

  private static CompletableFuture<IOException> submit(
      Shelf shelf, IoChain.Lane lane, Steps steps) {
    CompletableFuture<IOException> outcome = new CompletableFuture<>();
    IoChain chain = new IoChain("test", lane, outcome::complete);
    steps.add(chain);
    shelf.submit(chain, Runnable::run);
    return outcome;
  }

  private interface Steps {
    void add(IoChain chain);
  }

  private static IOException await(CompletableFuture<IOException> outcome) throws Exception {
    return outcome.get(60, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @ValueSource(ints = {1500, 9000})
  void shouldReadBackWhatItWrote(int mtu) throws Exception {
    TestNet.Cable cable = net.cable(mtu);
    net.vblade(ADDRESS, cable, file);
    try (Shelf shelf = open("aoe:" + cable.near() + "/7.0")) {
      assertEquals(BYTES, shelf.sizeBytes());
      assertEquals(512, shelf.sectorBytes());
      BlockingShelf blocking = new BlockingShelf(shelf);
      ByteBuffer data = SimulatedWire.buffer(BYTES, 1);
      blocking.writeDurably("write", 0, data);
      ByteBuffer read = ByteBuffer.allocateDirect(BYTES);
      blocking.read("read", 0, read);
      SimulatedWire.assertSame(data, read, "through vblade");
      SimulatedWire.assertSame(data, ByteBuffer.wrap(Files.readAllBytes(file)), "in the file");
      IOException outside =
          assertThrows(IOException.class, () -> blocking.read("past", BYTES - 512, read));
      assertTrue(outside.getMessage().contains("past the end"), outside.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1500, 9000})
  void shouldKeepEveryWriteWhenTheNetworkIsBad(int mtu) throws Exception {
    TestNet.Cable near = net.nearCable(mtu);
    TestNet.Cable far = net.cable(mtu);
    net.vblade(ADDRESS, far, file);
    byte[] expected = new byte[BYTES];
    Random random = new Random(mtu);
    try (FaultyWire wire = FaultyWire.start(near.far(), far.near(), mtu);
        Shelf shelf = open("aoe:" + near.near() + "/7.0")) {
      wire.suffer(new FaultyWire.Faults(10, 20, 50, 20, 100_000_000L));
      for (int round = 0; round < 10; round++) {
        int offset = random.nextInt(16) * 65536;
        byte[] content = new byte[(1 + random.nextInt(256)) * 512];
        random.nextBytes(content);
        System.arraycopy(content, 0, expected, offset, content.length);
        ByteBuffer data = ByteBuffer.allocateDirect(content.length).put(content).flip();
        new BlockingShelf(shelf).writeDurably("write", offset, data);
      }
      ByteBuffer read = ByteBuffer.allocateDirect(2 << 20);
      new BlockingShelf(shelf).read("read", 0, read);
      SimulatedWire.assertSame(
          ByteBuffer.wrap(Arrays.copyOf(expected, 2 << 20)), read, "over a bad network");
    }
    assertEquals(-1, Arrays.mismatch(expected, Files.readAllBytes(file)));
  }

  @Test
  void shouldGoOnWhenTheTargetWasPausedOrStartedAnew() throws Exception {
    TestNet.Cable cable = net.cable(9000);
    Process vblade = net.vblade(ADDRESS, cable, file);
    try (Shelf shelf = open("aoe:" + cable.near() + "/7.0")) {
      ByteBuffer data = SimulatedWire.buffer(1 << 20, 1);
      TestNet.signal(vblade, "STOP");
      var paused = submit(shelf, IoChain.Lane.LOG, chain -> chain.write(0, data).sync());
      TimeUnit.SECONDS.sleep(2);
      TestNet.signal(vblade, "CONT");
      assertNull(await(paused));

      vblade.destroyForcibly().waitFor();
      var lost = submit(shelf, IoChain.Lane.LOG, chain -> chain.write(1 << 20, data).sync());
      TimeUnit.SECONDS.sleep(1);
      net.vblade(ADDRESS, cable, file);
      assertNull(await(lost));
      ByteBuffer read = ByteBuffer.allocateDirect(1 << 20);
      new BlockingShelf(shelf).read("read", 1 << 20, read);
      SimulatedWire.assertSame(data, read, "after the restart");
    }
  }

  @Test
  void shouldFailInTimeAndRecoverWhenTheTargetIsAwayForLong() throws Exception {
    TestNet.Cable cable = net.cable(1500);
    Process vblade = net.vblade(ADDRESS, cable, file);
    try (Shelf shelf = open("aoe:" + cable.near() + "/7.0?deadline=2s")) {
      TestNet.signal(vblade, "STOP");
      ByteBuffer data = SimulatedWire.buffer(65536, 1);
      IOException error = await(submit(shelf, IoChain.Lane.DATA, chain -> chain.write(0, data)));
      assertTrue(error.getMessage().contains("no answer for 2."), error.getMessage());
      TestNet.signal(vblade, "CONT");
      assertNull(await(submit(shelf, IoChain.Lane.DATA, chain -> chain.write(0, data).sync())));
    }
  }

  @Test
  void shouldGoOnWhenTheInterfaceFlapsAndItsMtuChanges() throws Exception {
    TestNet.Cable cable = net.cable(9000);
    net.vblade(ADDRESS, cable, file);
    try (Shelf shelf = open("aoe:" + cable.near() + "/7.0")) {
      ByteBuffer data = SimulatedWire.buffer(1 << 20, 1);
      Programs.run("ip link set " + cable.near() + " down");
      var down = submit(shelf, IoChain.Lane.DATA, chain -> chain.write(0, data).sync());
      TimeUnit.MILLISECONDS.sleep(700);
      Programs.run("ip link set " + cable.near() + " mtu 1500 up");
      // vblade ends with ENETDOWN when its own end loses the carrier while it reads.
      net.vblade(ADDRESS, cable, file);
      assertNull(await(down));
      Programs.run("ip link set " + cable.near() + " mtu 9000");
      ByteBuffer read = ByteBuffer.allocateDirect(1 << 20);
      new BlockingShelf(shelf).read("read", 0, read);
      SimulatedWire.assertSame(data, read, "after the flap");
    }
  }

  @Test
  void shouldUseTheOtherPathWhenOneInterfaceIsDown() throws Exception {
    TestNet.Cable one = net.cable(9000);
    TestNet.Cable other = net.cable(9000);
    net.vblade(ADDRESS, one, file);
    net.vblade(ADDRESS, other, file);
    String where = "aoe:" + one.near() + "," + other.near() + "/7.0";
    try (Shelf shelf = open(where)) {
      ByteBuffer data = SimulatedWire.buffer(BYTES, 1);
      new BlockingShelf(shelf).writeDurably("write", 0, data);
      Programs.run("ip link set " + one.near() + " down");
      ByteBuffer read = ByteBuffer.allocateDirect(BYTES);
      new BlockingShelf(shelf).read("read", 0, read);
      SimulatedWire.assertSame(data, read, "over the other path");
      new BlockingShelf(shelf).writeDurably("write", 0, data);
    }
  }

  @Test
  void shouldSayWhoDoesNotAnswerWhenThereIsNoTarget() throws Exception {
    TestNet.Cable cable = net.cable(1500);
    String where = "aoe:" + cable.near() + "/9.9?deadline=1s";
    IOException failure = assertThrows(IOException.class, () -> open(where));
    assertTrue(
        failure.getMessage().startsWith("shelf " + where + ": no AoE target 9.9 answers on "),
        failure.getMessage());
  }

  @Test
  void shouldServeSlotsFirstWhenALongAppendIsUnderWay() throws Exception {
    TestNet.Cable cable = net.cable(1500);
    net.vblade(ADDRESS, cable, file);
    try (Shelf shelf = open("aoe:" + cable.near() + "/7.0")) {
      ByteBuffer data = SimulatedWire.buffer(BYTES - 4096, 1);
      ByteBuffer slot = ByteBuffer.allocateDirect(512);
      var append = submit(shelf, IoChain.Lane.LOG, chain -> chain.write(4096, data));
      assertNull(await(submit(shelf, IoChain.Lane.SLOT, chain -> chain.read(0, slot))));
      assertTrue(!append.isDone(), "the slot was read behind the append");
      assertNull(await(append));
    }
  }
}
