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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Recovers the device from the explored world's backing and holds it against the promise. */
final class ExploredBacking {
  private ExploredBacking() {}

  /** A prefix of what clients have seen, all of it when it says that it is complete. */
  static void check(ExploredWorld world) {
    ExploredPromise promise = world.promise();
    ReplicaConfig config = world.config(0);
    Layout layout = config.layout();
    List<CheckpointRecord> checkpoints = new ArrayList<>();
    List<RingContents> rings = new ArrayList<>();
    for (int node = 0; node < 2; node++) {
      CheckpointRecord record =
          CheckpointArea.latest(
              world.shelf().bytes(layout.checkpointAreaOffset(node), layout.checkpointAreaBytes()),
              node);
      checkpoints.add(record);
      RingScanner scanner = new RingScanner(layout, config.uuid(), record);
      for (ReadRequest next = scanner.next(); next != null; next = scanner.next()) {
        scanner.feed(world.shelf().bytes(next.offsetBytes(), next.lengthBytes()));
      }
      rings.add(scanner.contents());
    }
    if (promise.latestView() == null
        || !(Recovery.of(layout, promise.latestView(), checkpoints, rings)
            instanceof Recovered recovered)) {
      return;
    }
    if (recovered.damaged()) {
      throw new SimFailure("the backing was complete and is not any more: " + recovered.end());
    }
    if (recovered.complete() && recovered.end() < promise.seen()) {
      throw new SimFailure(
          "the backing is complete in view %d and ends at write %d, clients have seen %d"
              .formatted(promise.latestView().number(), recovered.end(), promise.seen()));
    }
    long[] image = promise.image(recovered.end());
    if (image != null) {
      long[] held = contents(world.shelf(), layout, recovered.newest());
      if (!Arrays.equals(image, held)) {
        throw new SimFailure(
            "the backing holds %s as of write %d, which left %s (checkpoint %d)"
                .formatted(
                    Arrays.toString(held),
                    recovered.end(),
                    Arrays.toString(image),
                    recovered.checkpoint()));
      }
    }
  }

  private static long[] contents(ExploredShelf shelf, Layout layout, NewestContents newest) {
    long[] contents = new long[newest.size()];
    for (int block = 0; block < contents.length; block++) {
      if (!newest.isZero(block)) {
        long place =
            newest.isInDataArea(block)
                ? (long) block * BlockTable.BLOCK_BYTES
                : layout.ringPlace(newest.ringNode(block), newest.ringPosition(block));
        contents[block] = shelf.bytes(place, Long.BYTES * 64).getLong();
      }
    }
    return contents;
  }
}
