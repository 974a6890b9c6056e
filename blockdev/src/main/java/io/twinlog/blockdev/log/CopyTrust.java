package io.twinlog.blockdev.log;

import java.util.BitSet;

/**
 * Which copies on staggered shelves are known to be bad although their shelf is live: a torn or
 * damaged piece of the log, or a part of a ring that a returned shelf has missed. In memory only,
 * since whoever reads a ring finds them again by the checksums.
 */
public final class CopyTrust {

  /** No shelf is avoided. */
  public static final int NOBODY = -1;

  private final Stagger stagger;
  private final BitSet[] bad;
  private int avoided = NOBODY;

  public CopyTrust(Stagger stagger) {
    this.stagger = stagger;
    bad = new BitSet[stagger.shelves()];
    for (int shelf = 0; shelf < bad.length; shelf++) {
      bad[shelf] = new BitSet();
    }
  }

  /** A shelf that is read from only where the other copy cannot be; or {@link #NOBODY}. */
  public int avoided() {
    return avoided;
  }

  void avoid(int shelf) {
    avoided = shelf;
  }

  /** Whether the shelf's copy of all of a logical range is good as far as is known. */
  public boolean isTrusted(int shelf, long offset, long lengthBytes) {
    int first = block(offset);
    int next = bad[shelf].nextSetBit(first);
    return next < 0 || next >= block(offset + lengthBytes - 1) + 1;
  }

  /** The range has been written anew. */
  public void trust(int shelf, long offset, long lengthBytes) {
    if (!bad[shelf].isEmpty()) {
      bad[shelf].clear(block(offset), block(offset + lengthBytes - 1) + 1);
    }
  }

  public void distrust(int shelf, long offset, long lengthBytes) {
    bad[shelf].set(block(offset), block(offset + lengthBytes - 1) + 1);
  }

  /** Distrusts a range of ring positions, which is not empty. */
  void distrustRing(int shelf, int node, long from, long to) {
    for (Layout.Span span : stagger.layout().ringSpans(node, from, to - from)) {
      distrust(shelf, span.offsetBytes(), span.lengthBytes());
    }
  }

  /** Both rings of a shelf that has missed writes. */
  public void distrustRings(int shelf) {
    Layout layout = stagger.layout();
    distrust(shelf, layout.ringOffset(0), 2 * layout.ringBytes());
  }

  /** Everything is as good as its shelf. */
  public void clear() {
    avoided = NOBODY;
    for (BitSet set : bad) {
      set.clear();
    }
  }

  private static int block(long offset) {
    return (int) (offset / Layout.BLOCK_BYTES);
  }
}
