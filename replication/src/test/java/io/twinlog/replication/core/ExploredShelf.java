package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointArea;
import io.twinlog.blockdev.log.CheckpointCodec;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.SlotArea;
import io.twinlog.blockdev.log.SlotCodec;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import io.twinlog.blockdev.shelf.IoChain;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The explored world's backing: sectors that are replaced and never changed, so that worlds share
 * them, and the chains that each node has under way.
 *
 * <p>What nobody else can see happens at once: a sync (only processes die here, the shelf keeps its
 * power), and a chain's outcome is heard together with its last step. Neighbouring reads of a chain
 * are one step, as are its neighbouring writes; a torn write is a matter of the crash that tears
 * it.
 */
final class ExploredShelf {
  static final int SECTOR = 512;

  /** A chain on its way, and how many of its steps have been carried out. */
  static final class Pending {
    final IoChain chain;
    int done;

    Pending(IoChain chain) {
      this.chain = chain;
    }

    boolean isOver() {
      return done == chain.steps().size();
    }
  }

  /** A sector's content; its number tells it from others of the same world's history. */
  static final class Sector {
    final byte[] bytes;
    final long digest;

    Sector(byte[] bytes) {
      this.bytes = bytes;
      long hash = 1;
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        hash = (hash ^ buffer.getLong()) * 0xff51afd7ed558ccdL;
        hash ^= hash >>> 31;
      }
      digest = hash;
    }
  }

  private static final Sector ZEROS = new Sector(new byte[SECTOR]);

  private final Sector[] sectors;
  private final List<List<Pending>> pending = List.of(new ArrayList<>(), new ArrayList<>());

  ExploredShelf(Layout layout) {
    sectors = new Sector[(int) (layout.totalBytes() / SECTOR)];
    java.util.Arrays.fill(sectors, ZEROS);
    View first = new View(1, View.NO_NODE, 0, 0, 0, 0, true, true, 1, List.of());
    for (int node = 0; node < 2; node++) {
      ByteBuffer sector = ByteBuffer.allocate(SECTOR);
      SlotCodec.encode(new SlotRecord(node, 1, 0, 1, 0, 0, null, first, 0, 0), sector);
      put(layout.slotOffset(node, 1), sector.clear());
      sector = ByteBuffer.allocate(SECTOR);
      CheckpointCodec.encode(new CheckpointRecord(node, 1, 0, 1, 0, 1, 0), sector);
      put(layout.checkpointOffset(node, 1), sector.clear());
    }
  }

  void submit(int node, IoChain chain) {
    pending.get(node).add(new Pending(chain));
  }

  List<Pending> pending(int node) {
    return pending.get(node);
  }

  /**
   * Carries out what comes next in a chain; tells whether that changed the shelf. The chain is
   * taken off the list when it is over, and is to be completed then.
   */
  boolean advance(int node, Pending of) {
    boolean wrote = false;
    List<IoChain.Step> steps = of.chain.steps();
    boolean reads = steps.get(of.done) instanceof IoChain.Read;
    while (!of.isOver()
        && (steps.get(of.done) instanceof IoChain.Sync
            || steps.get(of.done) instanceof IoChain.Read == reads)) {
      IoChain.Step step = steps.get(of.done++);
      if (step instanceof IoChain.Read read) {
        read(read.offsetBytes(), read.into().duplicate());
      } else if (step instanceof IoChain.Write write) {
        put(write.offsetBytes(), write.data().duplicate());
        wrote = true;
      }
    }
    if (of.isOver()) {
      pending.get(node).remove(of);
    }
    return wrote;
  }

  /** Ends the next chain that is nothing but a sync; tells whether there was one. */
  boolean sync(int node) {
    for (Pending of : pending.get(node)) {
      if (of.done == 0 && of.chain.steps().stream().allMatch(IoChain.Sync.class::isInstance)) {
        pending.get(node).remove(of);
        of.chain.complete(null);
        return true;
      }
    }
    return false;
  }

  /**
   * The node's process has died: the writes that came next in its chains are there, or in part, or
   * not.
   */
  void crash(int node, Landing landing) {
    for (Pending of : pending.get(node)) {
      List<IoChain.Step> steps = of.chain.steps();
      for (int i = of.done; i < steps.size() && landing != Landing.LOST; i++) {
        if (steps.get(i) instanceof IoChain.Write write) {
          ByteBuffer data = write.data().duplicate();
          if (landing == Landing.TORN) {
            data.limit(data.position() + data.remaining() / (2 * SECTOR) * SECTOR);
          }
          put(write.offsetBytes(), data);
        } else {
          break;
        }
      }
    }
    pending.get(node).clear();
  }

  /** What becomes of a dead process's writes. */
  enum Landing {
    LANDED,
    TORN,
    LOST
  }

  private void put(long offset, ByteBuffer data) {
    for (int sector = (int) (offset / SECTOR); data.hasRemaining(); sector++) {
      byte[] bytes = new byte[SECTOR];
      data.get(bytes);
      sectors[sector] = new Sector(bytes);
    }
  }

  private void read(long offset, ByteBuffer into) {
    for (int sector = (int) (offset / SECTOR); into.hasRemaining(); sector++) {
      into.put(sectors[sector].bytes);
    }
  }

  /** A copy of a range. */
  ByteBuffer bytes(long offset, int length) {
    ByteBuffer into = ByteBuffer.allocate(length);
    read(offset, into);
    return into.flip();
  }

  /** Of slots and checkpoint records only the newest one counts, as it does for every reader. */
  void addTo(ObjectGraph.Digest digest, Layout layout) {
    for (int node = 0; node < 2; node++) {
      ByteBuffer slots = bytes(layout.slotAreaOffset(node), layout.slotAreaBytes());
      digest.add(SlotArea.latest(slots, node));
      ByteBuffer records = bytes(layout.checkpointAreaOffset(node), layout.checkpointAreaBytes());
      digest.add(CheckpointArea.latest(records, node));
    }
    int data = (int) (layout.deviceBytes() / SECTOR);
    for (int sector = 0; sector < sectors.length; sector++) {
      if (sector < data || sector >= layout.ringOffset(0) / SECTOR) {
        digest.add(sectors[sector].digest);
      }
    }
  }
}
