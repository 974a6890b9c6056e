package io.twinlog.blockdev.shelf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.twinlog.blockdev.aoe.AoeAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShelfSpecTest {

  @Test
  void shouldGiveThePathWhenItIsAFile() {
    Path path = Path.of("/srv/san/r0.img");
    Duration usual = ShelfSpec.DEFAULT_DEADLINE;
    Duration other = Duration.ofSeconds(30);
    assertEquals(
        new ShelfSpec.FileSpec(path, false, usual), ShelfSpec.parse("file:/srv/san/r0.img"));
    assertEquals(
        new ShelfSpec.FileSpec(path, true, usual),
        ShelfSpec.parse("file:/srv/san/r0.img?buffered"));
    assertEquals(
        new ShelfSpec.FileSpec(path, false, other),
        ShelfSpec.parse("file:/srv/san/r0.img?deadline=30s"));
    assertEquals(
        new ShelfSpec.FileSpec(path, true, other),
        ShelfSpec.parse("file:/srv/san/r0.img?buffered&deadline=30s"));
  }

  @Test
  void shouldGiveInterfacesAndAddressWhenItIsAnAoeTarget() {
    ShelfSpec.AoeSpec plain =
        new ShelfSpec.AoeSpec(
            List.of("eth1"), new AoeAddress(7, 0), ShelfSpec.DEFAULT_DEADLINE, false);
    assertEquals(plain, ShelfSpec.parse("aoe:eth1/7.0"));
    ShelfSpec.AoeSpec more =
        new ShelfSpec.AoeSpec(
            List.of("eth1", "eth2"), new AoeAddress(7, 1), Duration.ofSeconds(30), true);
    assertEquals(more, ShelfSpec.parse("aoe:eth1,eth2/7.1?deadline=30s&reserve=kept"));
  }

  /** Who starts again while locked out waits for its predecessor's frames first. */
  @Test
  void shouldGiveAnAoeShelfTheLifeOfAFrameMoreToOpen() {
    assertEquals(Duration.ofSeconds(7), ShelfSpec.parse("aoe:eth1/7.0?deadline=3s").openLimit());
    assertEquals(Duration.ofSeconds(3), ShelfSpec.parse("file:/a?deadline=3s").openLimit());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:/a",
        "file:/a?buffered",
        "file:/a b?c",
        "file:/a?deadline=3s",
        "file:/a?buffered&deadline=3s",
        "aoe:eth1/7.0",
        "aoe:eth1,eth2/7.0?deadline=30s",
        "aoe:eth1/7.0?reserve=kept",
        "aoe:eth1/7.0?deadline=30s&reserve=kept"
      })
  void shouldComeBackWhenWrittenAndParsed(String text) {
    assertEquals(text, ShelfSpec.parse(text).text());
  }

  @ParameterizedTest
  @CsvSource({
    "aoe:eth1, not an AoE target; one looks like aoe:eth1/7.0",
    "aoe:eth1/7.0?deadline=0s, a deadline of nothing",
    "aoe:eth1/7.0?, not an AoE target; one looks like aoe:eth1/7.0",
    "aoe:eth1/7.0?reserve=kept&, not an AoE target; one looks like aoe:eth1/7.0",
    "aoe:eth1/7.0?reserve=lost, not an AoE target; one looks like aoe:eth1/7.0",
    "aoe:eth1/70000.0, 70000.0: not SHELF.SLOT with a shelf of 0 to 65534 and a slot of 0 to 254",
    "file:/a?deadline=0s, a deadline of nothing",
    "file:/a?deadline=9, 'a path is followed by ?buffered, ?deadline=30s or both, with a &'",
    "file:/a?buffered?deadline=9s, 'a path is followed by ?buffered, ?deadline=30s or both, with a"
        + " &'",
    "file:r0.img, the path must be absolute",
    "file:, the path must be absolute",
    "/srv/san/r0.img, not a shelf; one looks like file:/srv/san/r0.img or aoe:eth1/7.0"
  })
  void shouldSayWhyWhenRefused(String text, String reason) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> ShelfSpec.parse(text));
    assertEquals("shelf " + text + ": " + reason, refused.getMessage());
  }
}
