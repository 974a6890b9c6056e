package io.twinlog.blockdev.shelf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShelfSpecTest {

  @Test
  void shouldGiveThePathWhenItIsAFile() {
    ShelfSpec.FileSpec plain = new ShelfSpec.FileSpec(Path.of("/srv/san/r0.img"), false);
    assertEquals(plain, ShelfSpec.parse("file:/srv/san/r0.img"));
    ShelfSpec.FileSpec buffered = new ShelfSpec.FileSpec(Path.of("/srv/san/r0.img"), true);
    assertEquals(buffered, ShelfSpec.parse("file:/srv/san/r0.img?buffered"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:/a", "file:/a?buffered", "file:/a b?c"})
  void shouldComeBackWhenWrittenAndParsed(String text) {
    assertEquals(text, ShelfSpec.parse(text).text());
  }

  @ParameterizedTest
  @CsvSource({
    "aoe:eth1/7.0, AoE shelves are not available in this version",
    "file:r0.img, the path must be absolute",
    "file:, the path must be absolute",
    "/srv/san/r0.img, not a shelf; one looks like file:/srv/san/r0.img"
  })
  void shouldSayWhyWhenRefused(String text, String reason) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> ShelfSpec.parse(text));
    assertEquals("shelf " + text + ": " + reason, refused.getMessage());
  }
}
