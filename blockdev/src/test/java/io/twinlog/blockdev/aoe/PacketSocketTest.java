package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.sys.PacketFilter;
import io.twinlog.blockdev.sys.PacketPoll;
import io.twinlog.blockdev.sys.PacketSocket;
import io.twinlog.blockdev.sys.SystemCallException;
import io.twinlog.blockdev.sys.WakeUp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Raw Ethernet on a cable of the test's own. */
class PacketSocketTest {

  private TestNet net;

  @BeforeEach
  void create() throws Exception {
    net = TestNet.create();
  }

  @AfterEach
  void close() throws Exception {
    if (net != null) {
      net.close();
    }
  }

  private static PacketSocket open(String interfaceName, PacketFilter filter) throws IOException {
    return PacketSocket.open(interfaceName, AoeHeader.ETHER_TYPE, filter, 4 << 20);
  }

  /** To everybody; the last byte tells frames apart. */
  private static void send(PacketSocket from, int bodyBytes, int... marks) throws IOException {
    for (int mark : marks) {
      ByteBuffer header = ByteBuffer.allocate(24).putLong(0, -1L).putShort(12, (short) 0x88a2);
      header.put(23, (byte) mark);
      from.queue(header, ByteBuffer.allocateDirect(bodyBytes), 0, bodyBytes);
    }
    from.flush();
  }

  private static int receive(PacketSocket at) throws IOException {
    try (WakeUp wakeUp = WakeUp.open()) {
      PacketPoll poll = new PacketPoll(wakeUp);
      for (int i = 0; i < 100; i++) {
        int count = at.receive();
        if (count > 0) {
          return count;
        }
        poll.await(List.of(at), 100);
      }
      return 0;
    }
  }

  @Test
  void shouldCarryManyJumboFramesInOneCall() throws Exception {
    TestNet.Cable cable = net.nearCable(9000);
    try (PacketSocket one = open(cable.near(), new PacketFilter());
        PacketSocket other = open(cable.far(), new PacketFilter())) {
      int[] marks = new int[150];
      for (int i = 0; i < marks.length; i++) {
        marks[i] = i;
      }
      send(one, 8990, marks);
      int mark = 0;
      while (mark < marks.length) {
        int count = receive(other);
        assertTrue(count > 0, "frames are missing");
        for (int i = 0; i < count; i++, mark++) {
          assertEquals(24 + 8990, other.frame(i).remaining());
          assertEquals((byte) mark, other.frame(i).get(23));
        }
      }
      assertEquals(0, one.droppedFrames());
    }
  }

  @Test
  void shouldHearOnlyWhatTheFilterPasses() throws Exception {
    TestNet.Cable cable = net.nearCable(1500);
    PacketFilter filter =
        new PacketFilter()
            .addressIsEither(0, 0x02005e100001L, 0xffff_ffff_ffffL)
            .byteIsEither(23, 2, 5)
            .byteIs(22, 0xf0, 0)
            .halfIsEither(12, 0x88a2, 0x88a3);
    try (PacketSocket one = open(cable.near(), new PacketFilter());
        PacketSocket other = open(cable.far(), filter)) {
      send(one, 100, 1, 2, 3, 4, 5, 6);
      assertEquals(2, receive(other));
      assertEquals(2, other.frame(0).get(23));
      assertEquals(5, other.frame(1).get(23));
    }
  }

  @Test
  void shouldHearAnAddressThatIsNotTheInterfacesWhenItListensToIt() throws Exception {
    TestNet.Cable cable = net.nearCable(1500);
    try (PacketSocket one = open(cable.near(), new PacketFilter());
        PacketSocket other = open(cable.far(), new PacketFilter())) {
      other.listenTo(0x02005e1000aaL);
      ByteBuffer header = ByteBuffer.allocate(60);
      new MacAddress(0x02005e1000aaL).put(header);
      header.position(0).putShort(12, (short) 0x88a2);
      one.queue(header, null, 0, 0);
      one.flush();
      assertEquals(1, receive(other));
    }
  }

  @Test
  void shouldSayWhatHasBecomeOfTheInterface() throws Exception {
    TestNet.Cable cable = net.nearCable(1500);
    try (PacketSocket socket = open(cable.near(), new PacketFilter())) {
      assertTrue(socket.state().up());
      assertEquals(1500, socket.state().mtuBytes());
      Programs.run("ip link set " + cable.near() + " mtu 9000");
      assertEquals(9000, socket.state().mtuBytes());
      Programs.run("ip link set " + cable.near() + " address 02:00:5e:10:00:77");
      assertEquals(0x02005e100077L, socket.state().address());
      Programs.run("ip link set " + cable.near() + " down");
      assertFalse(socket.state().up());
      SystemCallException failure =
          assertThrows(SystemCallException.class, () -> send(socket, 100, 1));
      assertTrue(failure.getMessage().startsWith("sendmmsg: ENETDOWN"), failure.getMessage());
      Programs.run("ip link set " + cable.near() + " up");
      assertEquals(1, socket.droppedFrames());
    }
  }

  @Test
  void shouldSayThatTheInterfaceIsGoneWhenItWasMadeAnew() throws Exception {
    TestNet.Cable cable = net.cable(1500);
    try (PacketSocket socket = open(cable.near(), new PacketFilter())) {
      Programs.run("ip link del " + cable.near());
      assertNull(socket.state());
      Programs.run("ip link add " + cable.near() + " type veth");
      try {
        assertNull(socket.state());
      } finally {
        Programs.run("ip link del " + cable.near());
      }
    }
  }

  @Test
  void shouldNameTheInterfaceWhenThereIsNone() {
    IOException failure =
        assertThrows(IOException.class, () -> open("no-such-if", new PacketFilter()));
    assertEquals(
        "cannot use interface no-such-if: there is no such network interface",
        failure.getMessage());
    assertThrows(IOException.class, () -> open("a-name-that-is-too-long", new PacketFilter()));
  }
}
