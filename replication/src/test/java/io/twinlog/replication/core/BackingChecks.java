package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointArea;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.NewestContents;
import io.twinlog.blockdev.log.ReadRequest;
import io.twinlog.blockdev.log.Recovery;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.RingContents;
import io.twinlog.blockdev.log.RingScanner;
import io.twinlog.blockdev.log.View;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Recovers the device from the simulated backing at any moment and compares it with the history.
 */
final class BackingChecks {
  private final SimWorld world;
  private final ReplicaConfig config;
  private final Layout layout;

  BackingChecks(SimWorld world, ReplicaConfig config) {
    this.world = world;
    this.config = config;
    this.layout = config.layout();
  }

  /** The backing holds a prefix of the history, all of it when it says that it is complete. */
  void check() {
    if (Boolean.getBoolean("twinlog.sim.io")) {
      world.trace("CHECK", world.node(0));
    }
    History history = world.history();
    View view = history.view(history.latestView());
    if (view == null) {
      return;
    }
    byte[] bytes = world.shelf().bytes();
    List<CheckpointRecord> checkpoints = new ArrayList<>();
    List<RingContents> rings = new ArrayList<>();
    for (int node = 0; node < 2; node++) {
      CheckpointRecord record =
          CheckpointArea.latest(
              ByteBuffer.wrap(
                      bytes, (int) layout.checkpointAreaOffset(node), layout.checkpointAreaBytes())
                  .slice(),
              node);
      checkpoints.add(record);
      RingScanner scanner = new RingScanner(layout, config.uuid(), record);
      for (ReadRequest next = scanner.next(); next != null; next = scanner.next()) {
        scanner.feed(ByteBuffer.wrap(bytes, (int) next.offsetBytes(), next.lengthBytes()));
      }
      rings.add(scanner.contents());
    }
    if (Recovery.of(layout, view, checkpoints, rings) instanceof Recovered recovered) {
      compare(bytes, recovered, view, rings);
    }
  }

  private void compare(byte[] bytes, Recovered recovered, View view, List<RingContents> rings) {
    History history = world.history();
    world.traceIo(
        world.node(0),
        () -> "RINGS end " + recovered.end() + " c " + recovered.checkpoint() + describe(rings));
    if (recovered.damaged()) {
      throw new SimFailure("the backing was complete and is not any more: " + recovered.end());
    }
    if (recovered.end() > history.floor()) {
      // Logged and not yet acknowledged: nobody can tell yet whether it belongs to the history.
      return;
    }
    if (recovered.complete() && recovered.end() < history.floor()) {
      throw new SimFailure(
          "the backing is complete in view %d and ends at write %d, %d were acknowledged; %s"
              .formatted(view.number(), recovered.end(), history.floor(), describe(rings)));
    }
    byte[] image = history.image(recovered.end());
    NewestContents newest = recovered.newest();
    for (int block = 0; block < newest.size(); block++) {
      int from = block * BlockTable.BLOCK_BYTES;
      int to = from + BlockTable.BLOCK_BYTES;
      if (newest.isZero(block)) {
        if (!Arrays.equals(image, from, to, new byte[to - from], 0, to - from)) {
          throw mismatch(block, recovered, "a ring, as zeros");
        }
        continue;
      }
      int place = from;
      if (!newest.isInDataArea(block)) {
        place = (int) layout.ringPlace(newest.ringNode(block), newest.ringPosition(block));
      }
      if (!Arrays.equals(image, from, to, bytes, place, place + BlockTable.BLOCK_BYTES)) {
        throw mismatch(block, recovered, newest.isInDataArea(block) ? "the data area" : "a ring");
      }
    }
    world.count("backing checked" + (recovered.complete() ? ", complete" : ""));
  }

  private static String describe(List<RingContents> rings) {
    StringBuilder text = new StringBuilder();
    for (RingContents ring : rings) {
      text.append("\n  ring ").append(ring.node()).append(", ").append(ring.stop()).append(':');
      ring.batches()
          .forEach(
              batch ->
                  text.append(
                      " v%d(%d,%d]@%d-%d"
                          .formatted(
                              batch.view(),
                              batch.from(),
                              batch.cut(),
                              batch.startPosition(),
                              batch.endPosition())));
    }
    return text.toString();
  }

  private static SimFailure mismatch(int block, Recovered recovered, String where) {
    return new SimFailure(
        "block %d in %s is not what write %d left, checkpoint %d"
            .formatted(block, where, recovered.end(), recovered.checkpoint()));
  }
}
