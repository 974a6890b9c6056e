package io.twinlog.deploy.nemesis.fuse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Stagger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PlaceTest {

  private static final Layout LAYOUT = Layout.of(16L << 20, 512, 0);

  /** A plot that stalls the wrong writes would show nothing, and nobody would notice. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void shouldSayOfEveryCopyWhatItIs(int shelves) {
    Stagger stagger = new Stagger(LAYOUT, shelves, Stagger.DEFAULT_CHUNK_BYTES);
    for (long offset = 0; offset < LAYOUT.totalBytes(); offset += Layout.BLOCK_BYTES) {
      Place expected = expected(offset);
      for (int shelf = 0; shelf < shelves; shelf++) {
        if (stagger.area(offset) != Stagger.Area.CHUNKS) {
          assertEquals(expected, Place.of(stagger, shelf, stagger.placeOnEvery(offset)));
        } else if (stagger.copyOn(shelf, offset) >= 0 && offset < endOfRings()) {
          long place = stagger.place(offset, stagger.copyOn(shelf, offset));
          assertEquals(expected, Place.of(stagger, shelf, place));
        }
      }
    }
    long superblock = stagger.shelfBytes() - Layout.BLOCK_BYTES;
    assertEquals(Place.OTHER, Place.of(stagger, 0, superblock));
  }

  private static Place expected(long offset) {
    if (offset < LAYOUT.deviceBytes()) {
      return Place.DATA;
    }
    if (offset < LAYOUT.checkpointAreaOffset(0) || offset >= endOfRings()) {
      return Place.OTHER;
    }
    return offset < LAYOUT.ringOffset(0) ? Place.CHECKPOINT : Place.RING;
  }

  private static long endOfRings() {
    return LAYOUT.ringOffset(1) + LAYOUT.ringBytes();
  }
}
