package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The initiator on a wire in virtual time. */
class InitiatorTest {

  private static final int SECTORS = 2048;

  private static SimulatedWire wire(long seed, int sectorsPerFrame, int mtu) {
    ModelTarget target = new ModelTarget(SimulatedWire.ADDRESS, SECTORS, sectorsPerFrame);
    return new SimulatedWire(seed, target, mtu);
  }

  private static SimulatedWire foundWire(long seed, int sectorsPerFrame, int mtu) {
    SimulatedWire wire = wire(seed, sectorsPerFrame, mtu);
    wire.findTarget();
    return wire;
  }

  @ParameterizedTest
  @ValueSource(ints = {1500, 9000})
  void shouldFillFramesAndReadBackWhenTheWireIsGood(int mtu) {
    int perFrame = mtu == 1500 ? 2 : 16;
    SimulatedWire wire = foundWire(1, 255, mtu);
    int before = wire.sent.size();
    ByteBuffer data = SimulatedWire.buffer(256 * 1024, 1);
    ByteBuffer read = ByteBuffer.allocateDirect(256 * 1024);
    wire.submit(SimulatedWire.chain("all").write(4096, data).sync().read(4096, read));
    assertNull(wire.await("all"));
    SimulatedWire.assertSame(data, read, "read back");
    int frames = (512 + perFrame - 1) / perFrame;
    assertEquals(2 * frames + 1, wire.sent.size() - before);
    assertEquals(1, wire.target.flushes);
    assertEquals(0, wire.initiator.repeatedFrames());
    assertEquals(0, data.position());
    assertEquals(0, read.position());
  }

  @Test
  void shouldTakeNoMoreSectorsThanTheTargetWhenTheMtuAllowsMore() {
    SimulatedWire wire = foundWire(2, 3, 9000);
    wire.submit(SimulatedWire.chain("write").write(0, SimulatedWire.buffer(10 * 512, 1)));
    assertNull(wire.await("write"));
    assertEquals(4, wire.target.writes);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void shouldKeepEveryAcknowledgedWriteWhenTheWireIsBad(long seed) {
    SimulatedWire wire = wire(seed, 17, seed % 2 == 0 ? 1500 : 9000);
    wire.dropped = 30;
    wire.duplicated = 30;
    wire.delayed = 100;
    wire.findTarget();
    Random random = new Random(seed);
    byte[] expected = new byte[SECTORS * 512];
    for (int round = 0; round < 60; round++) {
      // Few places, so that late copies of old writes would be seen.
      int sector = random.nextInt(8) * 8;
      byte[] content = new byte[(1 + random.nextInt(60)) * 512];
      random.nextBytes(content);
      System.arraycopy(content, 0, expected, sector * 512, content.length);
      String name = "write " + round;
      wire.submit(
          SimulatedWire.chain(name)
              .write(sector * 512L, ByteBuffer.allocateDirect(content.length).put(content).flip()));
      assertNull(wire.await(name));
    }
    ByteBuffer read = ByteBuffer.allocateDirect(expected.length);
    wire.submit(SimulatedWire.chain("read").read(0, read));
    assertNull(wire.await("read"));
    SimulatedWire.assertSame(ByteBuffer.wrap(expected), read, "read back");
    // Whatever is still on the wire must not undo anything either.
    wire.run(10_000 * SimulatedWire.MILLISECOND);
    assertArrayEquals(expected, wire.target.content);
    assertEquals(0, wire.initiator.lingeringCopies());
    assertTrue(wire.initiator.repeatedFrames() > 0);
  }

  @Test
  void shouldHoldAWriteBackWhenACopyOfAnEarlierOneMayStillArrive() {
    SimulatedWire wire = foundWire(3, 2, 1500);
    byte[][] late = new byte[1][];
    wire.dropped = 1000;
    wire.submit(SimulatedWire.chain("old").write(0, SimulatedWire.buffer(512, 1)));
    int before = wire.sent.size();
    wire.run(1);
    late[0] = wire.sent.get(before);
    wire.dropped = 0;
    assertNull(wire.await("old"));
    assertEquals(1, wire.initiator.lingeringCopies());
    ByteBuffer data = SimulatedWire.buffer(512, 2);
    wire.submit(SimulatedWire.chain("new").write(0, data));
    wire.submit(SimulatedWire.chain("elsewhere").write(512, SimulatedWire.buffer(512, 3)));
    assertNull(wire.await("elsewhere"));
    assertFalse(wire.ended.containsKey("new"));
    // The network gives the first copy up at last; the target carries it out, and says so.
    wire.deliver(wire.target.handle(late[0]));
    assertNull(wire.await("new"));
    SimulatedWire.assertSame(data, ByteBuffer.wrap(wire.target.content, 0, 512), "content");
  }

  @Test
  void shouldFailWithTheDeadlineAndRecoverWhenTheTargetIsBack() {
    SimulatedWire wire = foundWire(4, 17, 9000);
    wire.target.answers = false;
    long begin = wire.now;
    for (int i = 0; i < 8; i++) {
      wire.submit(SimulatedWire.chain("lost " + i).write(8192L * i, SimulatedWire.buffer(8192, 1)));
    }
    for (int i = 0; i < 8; i++) {
      String message = wire.await("lost " + i).getMessage();
      assertTrue(message.contains("aoe:sim/7.0") && message.contains("10."), message);
    }
    long waited = (wire.now - begin) / SimulatedWire.MILLISECOND;
    assertTrue(waited >= 10_000 && waited < 10_500, () -> waited + " ms");
    wire.target.answers = true;
    wire.submit(SimulatedWire.chain("again").write(0, SimulatedWire.buffer(8192, 2)));
    assertNull(wire.await("again"));
    assertEquals(2, wire.notices.size(), wire.notices::toString);
  }

  @Test
  void shouldGoOnWhenTheTargetWasAwayForLessThanTheDeadline() {
    SimulatedWire wire = foundWire(5, 17, 9000);
    wire.target.answers = false;
    wire.submit(SimulatedWire.chain("write").write(0, SimulatedWire.buffer(65536, 1)).sync());
    wire.run(8_000 * SimulatedWire.MILLISECOND);
    wire.target.answers = true;
    assertNull(wire.await("write"));
    // Silence is no reason to think that big frames do not get through.
    assertEquals(List.of(), wire.notices);
  }

  @Test
  void shouldUseNoOtherDeviceWhenOneAnswersInItsPlace() {
    SimulatedWire wire = foundWire(6, 17, 9000);
    wire.target.answers = false;
    wire.submit(SimulatedWire.chain("lost").write(0, SimulatedWire.buffer(512, 1)));
    assertNotNull(wire.await("lost"));
    wire.target.answers = true;
    wire.target.serial = "another";
    int writes = wire.target.writes;
    wire.submit(SimulatedWire.chain("to another").write(0, SimulatedWire.buffer(512, 1)));
    assertNotNull(wire.await("to another"));
    assertEquals(writes, wire.target.writes);
    assertTrue(wire.notices.stream().anyMatch(line -> line.contains("another device")));
  }

  @Test
  void shouldSendSmallFramesWhenBigOnesAreLost() {
    SimulatedWire wire = foundWire(7, 17, 9000);
    wire.longestFrame = 1514;
    wire.submit(SimulatedWire.chain("write").write(0, SimulatedWire.buffer(65536, 1)));
    assertNull(wire.await("write"));
    assertTrue(wire.notices.stream().anyMatch(line -> line.contains("MTU")));
  }

  @Test
  void shouldSendSmallFramesWhenTheTargetRefusesBigOnes() {
    SimulatedWire wire = foundWire(8, 17, 9000);
    wire.target.sectorsPerFrame = 2;
    wire.submit(SimulatedWire.chain("write").write(0, SimulatedWire.buffer(65536, 1)));
    assertNull(wire.await("write"));
  }

  @Test
  void shouldSayWhatTheTargetSaidWhenItRefuses() {
    SimulatedWire wire = foundWire(9, 17, 9000);
    wire.target.badSector = 3;
    wire.submit(SimulatedWire.chain("bad").write(0, SimulatedWire.buffer(4096, 1)));
    assertEquals(
        "write of 4096 bytes at offset 0 failed on shelf aoe:sim/7.0 (bad): the target says status"
            + " 0x41, error 0x40",
        wire.await("bad").getMessage());
    wire.target.refusal = AoeError.RESERVED;
    wire.submit(SimulatedWire.chain("reserved").sync());
    assertEquals(
        "sync failed on shelf aoe:sim/7.0 (reserved): the target says: the target is reserved for"
            + " others, such as a node that has taken over",
        wire.await("reserved").getMessage());
  }

  @Test
  void shouldSendNoFlushWhenTheTargetHasNone() {
    SimulatedWire wire = wire(10, 17, 9000);
    wire.target.flush = TargetIdentity.Flush.NONE;
    wire.findTarget();
    wire.submit(SimulatedWire.chain("write").sync().write(0, SimulatedWire.buffer(512, 1)).sync());
    assertNull(wire.await("write"));
    assertEquals(0, wire.target.flushes);
  }

  @Test
  void shouldIgnoreAnswersWithAnotherTagOrAddress() throws Exception {
    SimulatedWire wire = foundWire(11, 17, 9000);
    wire.dropped = 1000;
    ByteBuffer read = ByteBuffer.allocateDirect(512);
    wire.submit(SimulatedWire.chain("read").read(0, read));
    int before = wire.sent.size();
    wire.run(1);
    byte[] request = wire.sent.get(before);
    byte[] answer = wire.target.handle(request);
    long ignored = wire.initiator.ignoredFrames();
    // Offsets of: destination, source, shelf, slot, command, tag; and the response flag.
    for (int at : new int[] {5, 11, 17, 18, 19, 20, 23, 14}) {
      byte[] spoofed = answer.clone();
      spoofed[at] ^= 8;
      wire.deliver(spoofed);
    }
    wire.deliver(Arrays.copyOf(answer, answer.length - 1));
    assertEquals(ignored + 9, wire.initiator.ignoredFrames());
    assertFalse(wire.ended.containsKey("read"));
    wire.deliver(answer);
    assertTrue(wire.ended.containsKey("read"));
    // Once more is once too often.
    wire.deliver(answer);
    assertEquals(ignored + 10, wire.initiator.ignoredFrames());
  }

  @Test
  void shouldSurviveAndKeepItsDataWhenAnswersAreDamaged() {
    SimulatedWire wire = foundWire(12, 17, 9000);
    Random random = new Random(12);
    ByteBuffer data = SimulatedWire.buffer(65536, 1);
    wire.submit(SimulatedWire.chain("write").write(0, data));
    assertNull(wire.await("write"));
    long frames = Long.getLong("twinlog.aoe.frames", 50_000);
    ByteBuffer read = ByteBuffer.allocateDirect(65536);
    int round = 0;
    for (long sent = 0; sent < frames; round++) {
      String name = "read " + round;
      wire.submit(SimulatedWire.chain(name).read(0, read));
      wire.run(1);
      byte[] answer = wire.target.handle(wire.sent.get(wire.sent.size() - 1));
      // Damage behind the header only would be taken for data: Ethernet's checksum keeps it away.
      for (int i = 0; i < 100; i++, sent++) {
        byte[] damaged =
            answer == null || random.nextInt(4) == 0
                ? RandomFrames.damaged(random)
                : RandomFrames.damage(random, Arrays.copyOf(answer, 36));
        wire.deliver(damaged);
      }
      // An answer may have been damaged into one that says that the target has failed.
      if (wire.await(name) == null) {
        SimulatedWire.assertSame(data, read, name);
      }
      read.clear().put(new byte[read.capacity()]).flip();
      wire.sent.clear();
    }
    assertTrue(wire.initiator.isIdle());
  }
}
