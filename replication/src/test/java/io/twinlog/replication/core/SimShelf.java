package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointCodec;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.SlotCodec;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import io.twinlog.blockdev.shelf.IoChain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * The shared backing: bytes, and what of them a power loss may still take back. Each step of a
 * chain takes a while, sometimes a long one; what a crashed node had under way may land torn, not
 * at all, or late, though before the node is started again. What a failed sync was to cover can be
 * read as before, and no later sync covers it unless it is written again ({@link IoChain.Sync}).
 */
final class SimShelf {
  private static final int SECTOR = 512;

  private final SimWorld world;
  private final SplittableRandom random;
  private final byte[] bytes;

  /** A sector as it was before a node wrote it. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Before(int node, byte[] content) {}

  /** Earlier contents of sectors that no sync of the shelf has covered yet. */
  private final Map<Integer, List<Before>> unsynced = new TreeMap<>();

  /** Of those that a failed sync has lost the newer contents of, unless written again. */
  private final Map<Integer, List<Before>> lost = new TreeMap<>();

  private final long[] syncFailures = new long[2];

  /** Per node, and lane with steps since its last sync: how many syncs had failed before these. */
  private final List<Map<IoChain.Lane, Long>> failuresBefore =
      List.of(new EnumMap<>(IoChain.Lane.class), new EnumMap<>(IoChain.Lane.class));

  /** Until then every step of the node is slow: its requests are queued somewhere. */
  final long[] stalledUntil = new long[2];

  /** Steps of these nodes fail. */
  final boolean[] failing = new boolean[2];

  SimShelf(SimWorld world, Layout layout) {
    this.world = world;
    this.random = world.random();
    this.bytes = new byte[(int) layout.totalBytes()];
    View first = new View(1, View.NO_NODE, 0, 0, 0, 0, true, true, 1, List.of());
    for (int node = 0; node < 2; node++) {
      ByteBuffer sector = ByteBuffer.allocate(layout.sectorBytes());
      SlotCodec.encode(new SlotRecord(node, 1, 0, 1, 0, 0, null, first, 0, 0), sector);
      put((int) layout.slotOffset(node, 1), sector.array());
      sector = ByteBuffer.allocate(layout.sectorBytes());
      CheckpointCodec.encode(new CheckpointRecord(node, 1, 0, 1, 0, 1, 0), sector);
      put((int) layout.checkpointOffset(node, 1), sector.array());
    }
  }

  private void put(int offset, byte[] data) {
    System.arraycopy(data, 0, bytes, offset, data.length);
  }

  byte[] bytes() {
    return bytes;
  }

  /** Carries a chain out for a node, step by step. */
  void submit(SimNode node, IoChain chain) {
    long life = node.life();
    step(node, life, chain, 0);
  }

  private void step(SimNode node, long life, IoChain chain, int index) {
    if (index == chain.steps().size()) {
      node.deliver(life, () -> chain.complete(null));
      return;
    }
    world.after(
        delay(node),
        () -> {
          if (node.life() != life) {
            afterCrash(node, life, chain.steps().get(index));
            return;
          }
          if (world.now() < stalledUntil[node.index()]) {
            step(node, life, chain, index);
            return;
          }
          IoChain.Step next = chain.steps().get(index);
          boolean fails = failing[node.index()] && random.nextInt(2) == 0;
          if (fails && random.nextBoolean()) {
            tear(node, next);
          } else if (!fails) {
            carryOut(node, next);
          }
          if (noteSync(node, chain.lane(), next, fails) || fails) {
            node.deliver(life, () -> chain.complete(new IOException(chain.name() + ": simulated")));
            return;
          }
          step(node, life, chain, index + 1);
        });
  }

  /** Whether the lane has to hear at this sync of one that failed in another lane. */
  private boolean noteSync(SimNode node, IoChain.Lane lane, IoChain.Step step, boolean fails) {
    Map<IoChain.Lane, Long> before = failuresBefore.get(node.index());
    if (!(step instanceof IoChain.Sync)) {
      before.putIfAbsent(lane, syncFailures[node.index()]);
      return false;
    }
    if (fails) {
      syncFailures[node.index()]++;
      loseUnsynced(node);
      before.remove(lane);
      return true;
    }
    Long then = before.remove(lane);
    return then != null && then != syncFailures[node.index()];
  }

  private void loseUnsynced(SimNode node) {
    unsynced
        .entrySet()
        .removeIf(
            entry -> {
              boolean own = entry.getValue().stream().allMatch(b -> b.node() == node.index());
              if (!own || random.nextBoolean()) {
                return false;
              }
              lost.computeIfAbsent(entry.getKey(), s -> new ArrayList<>(1))
                  .addAll(entry.getValue());
              return true;
            });
  }

  /** The node's process is a new one: nobody has done anything in its lanes. */
  void restarted(SimNode node) {
    failuresBefore.get(node.index()).clear();
  }

  private long delay(SimNode node) {
    long usual = 20_000 + random.nextLong(400_000);
    long stalled = stalledUntil[node.index()] - world.now();
    if (stalled > 0) {
      return stalled + usual;
    }
    return world.options().slowIo() && random.nextInt(400) == 0
        ? random.nextLong(1_500_000_000L)
        : usual;
  }

  /**
   * A step that a crash caught: it lands, is torn, or is lost. Late ones are this code being late.
   */
  private void afterCrash(SimNode node, long life, IoChain.Step step) {
    if (node.isAlive() || !node.hasJustEnded(life)) {
      return;
    }
    switch (random.nextInt(3)) {
      case 0 -> carryOutWrite(node, step, false);
      case 1 -> tear(node, step);
      default -> {}
    }
  }

  private void tear(SimNode node, IoChain.Step step) {
    carryOutWrite(node, step, true);
  }

  private void carryOut(SimNode node, IoChain.Step step) {
    if (step instanceof IoChain.Read read) {
      ByteBuffer into = read.into();
      into.put(bytes, (int) read.offsetBytes(), into.remaining());
    } else if (step instanceof IoChain.Write) {
      carryOutWrite(node, step, false);
    } else {
      world.traceIo(node, () -> "sync");
      lost.keySet().removeAll(unsynced.keySet());
      unsynced.clear();
    }
  }

  private void carryOutWrite(SimNode node, IoChain.Step step, boolean torn) {
    if (!(step instanceof IoChain.Write write)) {
      return;
    }
    world.traceIo(
        node,
        () ->
            "write "
                + write.offsetBytes()
                + "+"
                + write.data().remaining()
                + (torn ? " torn" : ""));
    ByteBuffer data = write.data().duplicate();
    int offset = (int) write.offsetBytes();
    while (data.hasRemaining()) {
      if (!torn || random.nextBoolean()) {
        int sector = offset / SECTOR;
        byte[] before = new byte[SECTOR];
        System.arraycopy(bytes, offset, before, 0, SECTOR);
        unsynced
            .computeIfAbsent(sector, s -> new ArrayList<>(1))
            .add(new Before(node.index(), before));
        data.get(bytes, offset, SECTOR);
      } else {
        data.position(data.position() + SECTOR);
      }
      offset += SECTOR;
    }
  }

  /** What was not synced may be as it was before, sector by sector. */
  void losePower() {
    lost.forEach(
        (sector, versions) -> {
          List<Before> newer = unsynced.computeIfAbsent(sector, s -> new ArrayList<>());
          newer.addAll(0, versions);
        });
    lost.clear();
    unsynced.forEach(
        (sector, versions) -> {
          int choice = random.nextInt(versions.size() + 1);
          if (choice < versions.size()) {
            put(sector * SECTOR, versions.get(choice).content());
          }
        });
    unsynced.clear();
  }
}
