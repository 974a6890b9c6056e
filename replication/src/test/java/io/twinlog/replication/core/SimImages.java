package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointArea;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.CopyScanner;
import io.twinlog.blockdev.log.CopyTrust;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.LiveShelves;
import io.twinlog.blockdev.log.ReadRequest;
import io.twinlog.blockdev.log.RingContents;
import io.twinlog.blockdev.log.SlotArea;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.log.View;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * What the shelves hold at some moment, read as somebody does who reaches only some of them: the
 * slots say which are live, and of those each byte is taken from a copy that is good.
 */
final class SimImages {
  private final SimShelves shelves;
  private final Stagger stagger;
  private final Layout layout;
  private final byte[][] images;
  private final int reached;
  private final CopyTrust trust;
  private int readable;

  /** {@code images} has one for each shelf; {@code reached} is the set of those that are read. */
  SimImages(SimShelves shelves, Stagger stagger, byte[][] images, int reached) {
    this.shelves = shelves;
    this.stagger = stagger;
    this.layout = stagger.layout();
    this.images = images;
    this.reached = reached & shelves.labelled();
    this.trust = new CopyTrust(stagger);
    this.readable = this.reached;
  }

  /** Whether a taker who knows the view finds enough: a majority, and a live copy of all. */
  boolean look(View view) {
    if (Integer.bitCount(reached) < stagger.majority()) {
      return false;
    }
    int live = view.liveShelves();
    if (view.primary() != View.NO_NODE) {
      SlotRecord slot = slot(view.primary());
      if (slot != null && slot.chosen().number() == view.number()) {
        live = slot.chosen().liveShelves();
      }
    }
    int others = LiveShelves.others(live, images.length, shelf -> shelves.get(shelf).medium());
    readable = reached & LiveShelves.set(live) & ~others;
    return stagger.covers(readable);
  }

  /** After a look: whether it is said that this shelf holds nothing that is needed. */
  boolean isStale(int shelf) {
    return (readable & 1 << shelf) == 0;
  }

  private SlotRecord slot(int node) {
    SlotRecord newest = null;
    for (int shelf = 0; shelf < images.length; shelf++) {
      if ((reached & 1 << shelf) != 0) {
        int place = (int) stagger.placeOnEvery(layout.slotAreaOffset(node));
        SlotRecord found =
            SlotArea.latest(
                ByteBuffer.wrap(images[shelf], place, layout.slotAreaBytes()).slice(), node);
        newest =
            newest == null || (found != null && found.sequence() > newest.sequence())
                ? found
                : newest;
      }
    }
    return newest;
  }

  CheckpointRecord checkpoint(int node) {
    CheckpointRecord newest = null;
    for (int shelf = 0; shelf < images.length; shelf++) {
      if ((readable & 1 << shelf) != 0) {
        int place = (int) stagger.placeOnEvery(layout.checkpointAreaOffset(node));
        CheckpointRecord found =
            CheckpointArea.latest(
                ByteBuffer.wrap(images[shelf], place, layout.checkpointAreaBytes()).slice(), node);
        newest =
            newest == null || (found != null && found.sequence() > newest.sequence())
                ? found
                : newest;
      }
    }
    return newest;
  }

  RingContents ring(UUID resource, CheckpointRecord checkpoint) {
    CopyScanner scanner = new CopyScanner(stagger, resource, checkpoint, readable, trust);
    for (ReadRequest next = scanner.next(); next != null; next = scanner.next()) {
      scanner.feed(ByteBuffer.wrap(read(next.offsetBytes(), next.lengthBytes())));
    }
    return scanner.contents();
  }

  /** Bytes at a logical offset. */
  byte[] read(long offset, int length) {
    byte[] bytes = new byte[length];
    long end = offset + length;
    for (long at = offset; at < end; ) {
      int piece = (int) (Math.min(end, stagger.chunkEnd(at)) - at);
      int copy = copy(at, piece);
      int shelf = stagger.shelfOf(at, copy);
      System.arraycopy(
          images[shelf], (int) stagger.place(at, copy), bytes, (int) (at - offset), piece);
      at += piece;
    }
    return bytes;
  }

  private int copy(long offset, int length) {
    int first = stagger.shelfOf(offset, 0);
    boolean firstGood = (readable & 1 << first) != 0 && trust.isTrusted(first, offset, length);
    int second = stagger.shelfOf(offset, 1);
    boolean secondGood = (readable & 1 << second) != 0 && trust.isTrusted(second, offset, length);
    return firstGood && (!secondGood || trust.avoided() != first) ? 0 : 1;
  }
}
