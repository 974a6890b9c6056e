package io.twinlog.blockdev.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Design, section 4: "Staggered shelves", where everything lies, and what was missed. */
class StaggerTest {
  private static final long DEVICE_BYTES = 64 * 4096;
  private static final Layout LAYOUT = Layout.of(DEVICE_BYTES, 512, 0);
  private static final int CHUNK_BYTES = 8192;

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void shouldKeepTwoCopiesOnNeighboursAndNothingInOnePlaceTwice(int shelves) {
    Stagger stagger = new Stagger(LAYOUT, shelves, CHUNK_BYTES);
    boolean[][] taken = new boolean[shelves][(int) (stagger.shelfBytes() / 4096)];
    for (long at = 0; at < LAYOUT.totalBytes(); at += 4096) {
      if (stagger.area(at) == Stagger.Area.CHUNKS) {
        int first = stagger.shelfOf(at, 0);
        assertEquals((first + 1) % shelves, stagger.shelfOf(at, 1));
        for (int copy = 0; copy < 2; copy++) {
          int shelf = stagger.shelfOf(at, copy);
          assertEquals(copy, stagger.copyOn(shelf, at));
          take(taken[shelf], stagger.place(at, copy));
        }
      } else {
        for (boolean[] shelf : taken) {
          take(shelf, stagger.placeOnEvery(at));
        }
      }
    }
  }

  private static void take(boolean[] blocks, long place) {
    int block = (int) (place / 4096);
    assertFalse(blocks[block], "two things at " + place);
    assertTrue(block < blocks.length - 1, "the last block is the main superblock's");
    blocks[block] = true;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void shouldCoverWithoutAnyOneShelfAndNotWithoutTwoNeighbours(int shelves) {
    Stagger stagger = new Stagger(LAYOUT, shelves, CHUNK_BYTES);
    assertTrue(stagger.covers(stagger.all()));
    for (int lost = 0; lost < shelves; lost++) {
      assertTrue(stagger.covers(stagger.all() & ~(1 << lost)));
      int neighbour = (lost + 1) % shelves;
      assertFalse(stagger.covers(stagger.all() & ~(1 << lost | 1 << neighbour)));
    }
    assertEquals(shelves / 2 + 1, stagger.majority());
  }

  @Test
  void shouldLeaveEverythingWhereItIsWhenThereIsOneShelf() {
    Stagger single = Stagger.single(LAYOUT);
    for (long at = 0; at < LAYOUT.totalBytes(); at += 4096) {
      assertEquals(at, single.place(at, 0));
      assertEquals(at, single.placeOnEvery(at));
    }
    assertEquals(LAYOUT.totalBytes(), single.shelfBytes());
    assertThrows(IllegalArgumentException.class, () -> new Stagger(LAYOUT, 9, CHUNK_BYTES));
    assertThrows(IllegalArgumentException.class, () -> new Stagger(LAYOUT, 3, 1000));
  }

  @Test
  void shouldDistrustOnlyWhatIsBadUntilItIsWrittenAnew() {
    CopyTrust trust = new CopyTrust(new Stagger(LAYOUT, 3, CHUNK_BYTES));
    trust.distrust(1, 8192, 4096);
    assertFalse(trust.isTrusted(1, 4096, 8192));
    assertTrue(trust.isTrusted(1, 0, 8192));
    assertTrue(trust.isTrusted(1, 12288, 4096));
    assertTrue(trust.isTrusted(0, 8192, 4096));
    trust.trust(1, 8192, 4096);
    assertTrue(trust.isTrusted(1, 0, 65536));
    trust.distrustRings(2);
    assertFalse(trust.isTrusted(2, LAYOUT.ringOffset(1), 4096));
    trust.clear();
    assertTrue(trust.isTrusted(2, LAYOUT.ringOffset(1), 4096));
  }

  @Test
  void shouldReadMarksBackAndNoDamagedOrForeignOnes() {
    Stagger stagger = new Stagger(LAYOUT, 3, CHUNK_BYTES);
    BitSet marks = new BitSet();
    marks.set(0);
    marks.set(17, 21);
    ByteBuffer block = ByteBuffer.allocate(MissedChunks.BYTES);
    MissedChunks written = new MissedChunks(1, 7, 3, MissedChunks.granuleBytes(stagger), marks);
    written.encode(block);
    assertEquals(written, MissedChunks.decode(block, 1));
    assertNull(MissedChunks.decode(block, 0));
    block.put(40, (byte) (block.get(40) ^ 1));
    assertNull(MissedChunks.decode(block, 1));
    assertNotEquals(MissedChunks.offset(LAYOUT, 0), MissedChunks.offset(LAYOUT, 1));
  }

  @Test
  void shouldStandForMoreWhenTheMarksOfALargeDeviceWouldNotFit() {
    Layout large = Layout.of(1L << 40, 512, 0);
    long granule = MissedChunks.granuleBytes(new Stagger(large, 3, Stagger.DEFAULT_CHUNK_BYTES));
    assertTrue(granule > Stagger.DEFAULT_CHUNK_BYTES);
    assertTrue((1L << 40) / granule <= 8 * 4060);
    BitSet all = new BitSet();
    all.set(0, (int) ((1L << 40) / granule));
    ByteBuffer block = ByteBuffer.allocate(MissedChunks.BYTES);
    new MissedChunks(0, 1, 1, granule, all).encode(block);
    assertEquals(all, MissedChunks.decode(block, 0).marks());
  }
}
