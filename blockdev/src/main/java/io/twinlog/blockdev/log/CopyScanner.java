package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Reads one ring as {@link RingScanner} does, on shelves of which some may have a torn, damaged or
 * missing copy: a batch is found when any copy of each of its chunks makes it whole. Where the scan
 * ends, it goes on from the last whole batch once without each shelf; what leads further is kept,
 * and the shelf that was left out is distrusted there ({@link CopyTrust}), so that who reads the
 * batch's blocks later reads them from the good copy, too.
 *
 * <p>The caller reads what {@link #next} asks for from trusted copies where there are any, and
 * feeds it, until {@code next} returns null.
 */
public final class CopyScanner {

  private final int node;
  private final int readable;
  private final int shelves;
  private final CopyTrust trust;
  private RingScanner scanner;

  /** The furthest that was come. */
  private RingScanner best;

  private boolean over;

  /**
   * Begins at the tail.
   *
   * @param readable the shelves that are read from
   * @param trust changed by what is found
   */
  public CopyScanner(
      Stagger stagger, UUID resource, CheckpointRecord checkpoint, int readable, CopyTrust trust) {
    this.node = checkpoint.node();
    this.readable = readable;
    this.shelves = stagger.isSingle() ? 0 : stagger.shelves();
    this.trust = trust;
    this.scanner = new RingScanner(stagger.layout(), resource, checkpoint);
  }

  /** What to read and feed next; null when the scan has ended. */
  public ReadRequest next() {
    while (!over) {
      ReadRequest request = scanner.next();
      if (request != null) {
        return request;
      }
      stopped();
    }
    return null;
  }

  /** Takes exactly the bytes last asked for, as {@link RingScanner#feed}. */
  public void feed(ByteBuffer bytes) {
    scanner.feed(bytes);
  }

  /** The result, once {@link #next} has returned null. */
  public RingContents contents() {
    if (!over) {
      throw new IllegalStateException("the scan has not ended");
    }
    return best.contents();
  }

  private void stopped() {
    long from = best == null ? -1 : best.endPosition();
    boolean further = scanner.endPosition() > from;
    int without = trust.avoided();
    if (further && without != CopyTrust.NOBODY) {
      trust.distrustRing(without, node, from, scanner.endPosition());
      best = scanner;
      goOn(CopyTrust.NOBODY);
      return;
    }
    if (further || without == CopyTrust.NOBODY) {
      best = scanner;
    }
    do {
      without++;
    } while (without < shelves && (readable & 1 << without) == 0);
    if (without < shelves) {
      goOn(without);
    } else {
      trust.avoid(CopyTrust.NOBODY);
      over = true;
    }
  }

  private void goOn(int without) {
    trust.avoid(without);
    scanner = best.again();
  }
}
