package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Holders;
import io.twinlog.blockdev.shelf.ShelfReservedException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reserve commands on a wire in virtual time. */
class ReservingTest {

  private static final long MS = SimulatedWire.MILLISECOND;
  private static final MacAddress OTHER = new MacAddress(0x02005e100009L);

  private static SimulatedWire wire(long seed) {
    SimulatedWire wire =
        new SimulatedWire(seed, new ModelTarget(SimulatedWire.ADDRESS, 2048, 17), 9000);
    wire.findTarget();
    return wire;
  }

  /** One whose process is older than any frame of the one before it. */
  private static SimulatedWire oldWire(long seed) {
    SimulatedWire wire = wire(seed);
    wire.run(Copies.LIFE_NANOS);
    return wire;
  }

  private static List<MacAddress> list(SimulatedWire wire) {
    return wire.target.lists.reservation(Reserve.READ).macs();
  }

  private static void reservedFor(SimulatedWire wire, MacAddress... macs) {
    wire.target.lists.reserve(OTHER, new Reserve(Reserve.FORCE_SET, List.of(macs)));
  }

  @Test
  void shouldChangeTheListAndReadItBack() {
    SimulatedWire wire = oldWire(1);
    assertEquals(new Holders(true, false, false), wire.await(wire.reserve(Command.READ)));
    assertEquals(new Holders(false, true, false), wire.await(wire.reserve(Command.CLAIM)));
    assertEquals(List.of(SimulatedWire.MAC), list(wire));
    assertEquals(new Holders(true, false, false), wire.await(wire.reserve(Command.LIFT)));
    assertEquals(List.of(), list(wire));
    reservedFor(wire, OTHER);
    assertEquals(new Holders(false, false, true), wire.await(wire.reserve(Command.READ)));
    assertEquals(new Holders(false, true, true), wire.await(wire.reserve(Command.JOIN)));
    assertEquals(List.of(OTHER, SimulatedWire.MAC), list(wire));
    assertEquals(new Holders(false, true, false), wire.await(wire.reserve(Command.CLAIM)));
  }

  @Test
  void shouldNotJoinAnEmptyList() {
    SimulatedWire wire = oldWire(2);
    assertTrue(wire.await(wire.reserve(Command.JOIN)).empty());
    assertEquals(List.of(), list(wire));
  }

  @Test
  void shouldJoinAnewWhenItsAddressHasChanged() {
    SimulatedWire wire = oldWire(8);
    wire.await(wire.reserve(Command.CLAIM));
    MacAddress other = new MacAddress(0x02005e100008L);
    wire.port.address = other;
    assertTrue(wire.await(wire.reserve(Command.READ)).isLockedOut());
    assertEquals(new Holders(false, true, true), wire.await(wire.reserve(Command.JOIN)));
    assertEquals(List.of(SimulatedWire.MAC, other), list(wire));
  }

  @Test
  void shouldFailAChainAtOnceWhenTheTargetIsReservedForOthers() {
    SimulatedWire wire = oldWire(3);
    reservedFor(wire, OTHER);
    wire.submit(SimulatedWire.chain("write").write(0, SimulatedWire.buffer(64 * 512, 1)).sync());
    long before = wire.now;
    assertInstanceOf(ShelfReservedException.class, wire.await("write"));
    assertTrue(wire.now - before < 100 * MS);
    assertTrue(wire.ended.get("write").getMessage().contains("reserved for others"));
    assertEquals(0, wire.target.writes);
    wire.await(wire.reserve(Command.JOIN));
    wire.submit(SimulatedWire.chain("again").write(0, SimulatedWire.buffer(64 * 512, 1)).sync());
    assertNull(wire.await("again"));
  }

  @Test
  void shouldChangeNothingWhileACopyOfAWriteMayStillArrive() {
    SimulatedWire wire = oldWire(4);
    reservedFor(wire, OTHER, SimulatedWire.MAC);
    wire.dropped = 1000;
    wire.submit(SimulatedWire.chain("old").write(0, SimulatedWire.buffer(512, 1)));
    wire.run(1);
    wire.dropped = 0;
    assertNull(wire.await("old"));
    assertTrue(wire.initiator.hasLateWrites());
    reservedFor(wire, OTHER);
    SimulatedWire.Reserved join = wire.reserve(Command.JOIN);
    wire.run(Copies.LIFE_NANOS - 1000 * MS);
    assertFalse(join.over);
    assertEquals(List.of(OTHER), list(wire));
    assertTrue(wire.await(join).self());
    assertEquals(0, wire.initiator.lingeringCopies());
  }

  @Test
  void shouldChangeNothingWhileFramesOfAnEarlierProcessMayStillArrive() {
    SimulatedWire wire = wire(5);
    reservedFor(wire, OTHER);
    SimulatedWire.Reserved join = wire.reserve(Command.JOIN);
    wire.run(Copies.LIFE_NANOS - 2000 * MS);
    assertEquals(List.of(OTHER), list(wire));
    assertTrue(wire.await(join).self());
  }

  @Test
  void shouldNotEndAChangeWhileACopyOfItMayStillArrive() {
    SimulatedWire wire = oldWire(6);
    int before = wire.sent.size();
    wire.dropped = 1000;
    SimulatedWire.Reserved claim = wire.reserve(Command.CLAIM);
    wire.run(1);
    byte[] late = wire.sent.get(before);
    wire.dropped = 0;
    wire.run(2000 * MS);
    assertEquals(List.of(SimulatedWire.MAC), list(wire));
    assertFalse(claim.over);
    // The network gives the first copy up at last, and the target carries it out once more.
    wire.deliver(wire.target.handle(late));
    wire.run(10 * MS);
    assertTrue(claim.over);
    assertTrue(claim.holders.isExclusive());
  }

  @Test
  void shouldFailWithTheDeadlineWhenTheTargetDoesNotAnswer() {
    SimulatedWire wire = oldWire(7);
    wire.target.answers = false;
    SimulatedWire.Reserved claim = wire.reserve(Command.CLAIM);
    SimulatedWire.Reserved next = wire.reserve(Command.READ);
    wire.await(claim);
    assertNotNull(claim.error);
    wire.target.answers = true;
    assertTrue(wire.await(next).empty());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldLeaveTheListAsTheLastCommandSaysWhenTheWireIsBad(long seed) {
    SimulatedWire wire = oldWire(seed);
    wire.dropped = 200;
    wire.delayed = 300;
    wire.longestDelay = 2000 * MS;
    for (int round = 0; round < 10; round++) {
      assertTrue(wire.await(wire.reserve(Command.CLAIM)).isExclusive());
      assertTrue(wire.await(wire.reserve(Command.LIFT)).empty());
    }
    wire.await(wire.reserve(Command.CLAIM));
    wire.run(2 * Copies.LIFE_NANOS);
    assertEquals(List.of(SimulatedWire.MAC), list(wire));
  }
}
