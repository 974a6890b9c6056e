package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Every frame that was sent and not answered, by tag. Each sending has a tag of its own, which is
 * never used again while its answer could come.
 *
 * <p>A target carries out every copy of a write that reaches it, and one that the network has kept
 * back may reach it after the write was answered: then it would overwrite what was written to the
 * same sectors since. So such a copy <em>lingers</em>, and no write to its sectors begins, until it
 * was answered, too, or is older than any frame gets.
 */
final class Copies {

  /**
   * How long a frame may be on its way, nanoseconds: the longest that bridges may take together
   * (IEEE 802.1D, maximum bridge transit delay).
   */
  static final long LIFE_NANOS = 4_000_000_000L;

  private static final int TAGS = 8192;

  /** The Linux driver leaves tags with this bit to others, and so does not take our answers. */
  private static final int TAG_BIT = 0x8000_0000;

  /** A frame as it was sent once; {@code piece} is null once nobody waits for it. */
  static final class Copy {
    final int tag;
    final TargetPath path;
    final long sentAt;
    final boolean write;

    /** Whether it is of a chain that concerns slots, which each node writes its own of. */
    final boolean slot;

    final long sector;
    final int sectors;

    /** What it carried, to tell a copy of the same data from other data for the same sectors. */
    final ByteBuffer buffer;

    final long bufferBegin;
    Piece piece;

    Copy(int tag, TargetPath path, long sentAt, Piece piece) {
      this.tag = tag;
      this.path = path;
      this.sentAt = sentAt;
      this.write = piece.isWrite();
      this.slot = piece.work.chain.lane() == Lane.SLOT;
      this.sector = piece.sector;
      this.sectors = piece.sectors;
      this.buffer = piece.buffer;
      this.bufferBegin = piece.bufferBegin();
      this.piece = piece;
    }
  }

  private final Copy[] byTag = new Copy[TAGS];
  private final List<Copy> lingering = new ArrayList<>();
  private int nextTag;

  /**
   * Makes an empty table.
   *
   * @param firstTag random, so that answers to an earlier process are none to this one
   */
  Copies(int firstTag) {
    nextTag = firstTag;
  }

  /** A tag for something that is not a piece. */
  int newTag() {
    nextTag++;
    return nextTag | TAG_BIT;
  }

  /** Notes that the piece is being sent. */
  Copy sent(Piece piece, TargetPath path, long now) {
    int tag = newTag();
    // One that lingers keeps its place; there are far fewer of them than places.
    for (int tries = 1; byTag[tag & (TAGS - 1)] != null && tries < TAGS; tries++) {
      if (isForgettable(byTag[tag & (TAGS - 1)], now)) {
        break;
      }
      tag = newTag();
    }
    Copy copy = new Copy(tag, path, now, piece);
    byTag[tag & (TAGS - 1)] = copy;
    piece.copies.add(copy);
    return copy;
  }

  private static boolean isForgettable(Copy copy, long now) {
    return (copy.piece == null || copy.piece.done) && now - copy.sentAt >= LIFE_NANOS;
  }

  /** The copy that an answer with this tag on this path is to; null when there is none. */
  Copy find(int tag, TargetPath path) {
    Copy copy = byTag[tag & (TAGS - 1)];
    return copy == null || copy.tag != tag || copy.path != path ? null : copy;
  }

  /** The copy was answered: another answer to it is none. */
  void answered(Copy copy) {
    byTag[copy.tag & (TAGS - 1)] = null;
    lingering.remove(copy);
    if (copy.piece != null) {
      copy.piece.copies.remove(copy);
    }
  }

  /** Nobody waits for the piece any more: its copies under way linger if they are writes. */
  void ended(Piece piece) {
    for (Copy copy : piece.copies) {
      copy.piece = null;
      if (byTag[copy.tag & (TAGS - 1)] == copy) {
        if (copy.write) {
          lingering.add(copy);
        } else {
          byTag[copy.tag & (TAGS - 1)] = null;
        }
      }
    }
  }

  /** Whether a write has to wait for a copy of an earlier one. */
  @SuppressWarnings("ReferenceEquality") // Buffers are equal when their contents are.
  boolean lingers(Piece piece) {
    for (Copy copy : lingering) {
      boolean sameData = copy.buffer == piece.buffer && copy.bufferBegin == piece.bufferBegin();
      if (!sameData && piece.overlaps(copy.sector, copy.sectors)) {
        return true;
      }
    }
    return false;
  }

  /** Lets go of what is too old to come. */
  void expire(long now) {
    lingering.removeIf(
        copy -> {
          boolean old = now - copy.sentAt >= LIFE_NANOS;
          if (old && byTag[copy.tag & (TAGS - 1)] == copy) {
            byTag[copy.tag & (TAGS - 1)] = null;
          }
          return old;
        });
  }

  /** Whether a write of anything but slots may still arrive that nobody waits for. */
  boolean lingersOutsideSlots() {
    for (Copy copy : lingering) {
      if (!copy.slot) {
        return true;
      }
    }
    return false;
  }

  /** How many copies linger. */
  int lingering() {
    return lingering.size();
  }
}
