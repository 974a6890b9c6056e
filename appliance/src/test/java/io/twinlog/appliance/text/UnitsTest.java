package io.twinlog.appliance.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class UnitsTest {

  @Test
  void shouldChooseTheLargestUnitWhenBytesAreShown() {
    assertEquals("0 B", Units.bytes(0));
    assertEquals("1023 B", Units.bytes(1023));
    assertEquals("1 KiB", Units.bytes(1024));
    assertEquals("24 KiB", Units.bytes(24 << 10));
    assertEquals("1.5 MiB", Units.bytes(3 << 19));
    assertEquals("256 MiB", Units.bytes(256 << 20));
    assertEquals("8 EiB", Units.bytes(Long.MAX_VALUE));
  }

  @Test
  void shouldMoveUpWhenRoundingReachesTheNextUnit() {
    assertEquals("1 MiB", Units.bytes((1 << 20) - 1));
    assertEquals("1 GiB", Units.bytes((1 << 30) - 1));
  }

  @Test
  void shouldUseTwoUnitsAtMostWhenTimeIsShown() {
    assertEquals("0 ms", Units.millis(0));
    assertEquals("850 ms", Units.millis(850));
    assertEquals("1.2 s", Units.millis(1_200));
    assertEquals("3 s", Units.millis(3_000));
    assertEquals("2 min", Units.millis(120_000));
    assertEquals("3 min 20 s", Units.millis(200_000));
    assertEquals("2 h 5 min", Units.millis(7_500_000));
  }
}
