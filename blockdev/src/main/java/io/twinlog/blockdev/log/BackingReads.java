package io.twinlog.blockdev.log;

import io.twinlog.blockdev.shelf.AlignedBuffers;
import io.twinlog.blockdev.shelf.BlockingShelf;
import io.twinlog.blockdev.shelf.ReopenableShelf;
import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a backing of one shelf or several by logical offsets, blocking, for the offline tools. Of
 * several, slots come from all that answer, the rest from those that the slots call live.
 */
final class BackingReads {

  private final Stagger stagger;
  private final Layout layout;
  private final List<BlockingShelf> shelves = new ArrayList<>();
  private final CopyTrust trust;
  private int readable;

  /** {@code shelves} in their order; null for one that cannot be used. */
  BackingReads(List<Shelf> shelves, Superblock superblock) throws IOException {
    this.stagger = superblock.stagger();
    this.layout = superblock.layout();
    this.trust = new CopyTrust(stagger);
    int[] media = new int[shelves.size()];
    for (int i = 0; i < shelves.size(); i++) {
      this.shelves.add(shelves.get(i) == null ? null : new BlockingShelf(shelves.get(i)));
      readable |= shelves.get(i) == null ? 0 : 1 << i;
      media[i] = shelves.get(i) instanceof ReopenableShelf shelf ? shelf.medium() : 0;
    }
    if (!stagger.isSingle()) {
      findLive(media);
    }
  }

  Stagger stagger() {
    return stagger;
  }

  CopyTrust trust() {
    return trust;
  }

  /** The shelves that are read from. */
  int readable() {
    return readable;
  }

  private void findLive(int[] media) throws IOException {
    if (Integer.bitCount(readable) < stagger.majority()) {
      throw new IOException(
          "only %d of the %d shelves can be used; what the backing holds takes %d to tell"
              .formatted(Integer.bitCount(readable), stagger.shelves(), stagger.majority()));
    }
    ByteBuffer area = AlignedBuffers.allocate(layout.slotAreaBytes());
    SlotRecord[] newest = new SlotRecord[2];
    for (int node = 0; node < 2; node++) {
      read("slots", layout.slotAreaOffset(node), area);
      newest[node] = SlotArea.latest(area, node);
    }
    View view = null;
    for (SlotRecord slot : newest) {
      if (slot != null && (view == null || slot.chosen().number() > view.number())) {
        view = slot.chosen();
      }
    }
    if (view == null) {
      return;
    }
    int live = view.liveShelves();
    if (view.primary() != View.NO_NODE
        && newest[view.primary()] != null
        && newest[view.primary()].chosen().number() == view.number()) {
      live = newest[view.primary()].chosen().liveShelves();
    }
    readable &= LiveShelves.set(live);
    readable &= ~LiveShelves.others(live, media.length, shelf -> media[shelf]);
    if (!stagger.covers(readable)) {
      throw new IOException(
          "of two neighbouring shelves none is live and can be used: a part of the data is missing");
    }
  }

  /** Fills the buffer's remaining space; position and limit stay. */
  void read(String name, long offset, ByteBuffer into) throws IOException {
    if (stagger.isSingle()) {
      shelves.get(0).read(name, offset, into);
      return;
    }
    switch (stagger.area(offset)) {
      case CHUNKS -> readChunks(name, offset, into);
      case SLOTS -> readNewest(name, offset, into, node -> layout.slotAreaOffset(node));
      case CHECKPOINTS -> readNewest(name, offset, into, node -> layout.checkpointAreaOffset(node));
      case SUPERBLOCK, BITMAPS -> throw new IllegalArgumentException(name);
    }
  }

  private void readChunks(String name, long offset, ByteBuffer into) throws IOException {
    long end = offset + into.remaining();
    for (long at = offset; at < end; ) {
      int length = (int) (Math.min(end, stagger.chunkEnd(at)) - at);
      ByteBuffer piece = into.slice(into.position() + (int) (at - offset), length);
      IOException failure = null;
      boolean done = false;
      // A bad copy is better than none: whoever reads a ring checks what it gets.
      for (int attempt = 0; attempt < 4 && !done; attempt++) {
        int copy = preferred(at) ^ (attempt & 1);
        int shelf = stagger.shelfOf(at, copy);
        boolean now = trust.isTrusted(shelf, at, length) == attempt < 2;
        if ((readable & 1 << shelf) != 0 && now) {
          try {
            shelves.get(shelf).read(name, stagger.place(at, copy), piece);
            done = true;
          } catch (IOException e) {
            failure = e;
          }
        }
      }
      if (!done) {
        throw failure != null
            ? failure
            : new IOException(name + ": no copy of byte " + at + " can be read");
      }
      at += length;
    }
  }

  private int preferred(long offset) {
    return stagger.shelfOf(offset, 0) == trust.avoided() ? 1 : 0;
  }

  private void readNewest(
      String name, long offset, ByteBuffer into, java.util.function.IntToLongFunction areaOf)
      throws IOException {
    int node = areaOf.applyAsLong(0) == offset ? 0 : 1;
    boolean slots = stagger.area(offset) == Stagger.Area.SLOTS;
    ByteBuffer found = AlignedBuffers.allocate(into.remaining());
    IOException failure = null;
    long best = -1;
    for (int shelf = 0; shelf < shelves.size(); shelf++) {
      if ((readable & 1 << shelf) == 0) {
        continue;
      }
      try {
        shelves.get(shelf).read(name, stagger.placeOnEvery(offset), found);
      } catch (IOException e) {
        failure = e;
        continue;
      }
      long sequence = sequence(found, node, slots);
      if (sequence > best) {
        best = sequence;
        into.put(into.position(), found, 0, into.remaining());
      }
    }
    if (best < 0) {
      throw failure != null ? failure : new IOException(name + ": no shelf can be read");
    }
  }

  private static long sequence(ByteBuffer area, int node, boolean slots) {
    if (slots) {
      SlotRecord slot = SlotArea.latest(area, node);
      return slot == null ? 0 : slot.sequence();
    }
    CheckpointRecord checkpoint = CheckpointArea.latest(area, node);
    return checkpoint == null ? 0 : checkpoint.sequence();
  }
}
