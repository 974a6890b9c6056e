package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointArea;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.CopyScanner;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.ReadRequest;
import io.twinlog.blockdev.log.Recovery;
import io.twinlog.blockdev.log.RingContents;
import io.twinlog.blockdev.log.RingScanner;
import io.twinlog.blockdev.log.View;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/**
 * Reads what the backing holds besides the data area: both checkpoint records and both rings. One
 * use; the result is handed over on the loop.
 */
final class Survey {

  /** What was found, judged by the latest chosen view that the caller knew. */
  record Result(
      List<CheckpointRecord> checkpoints, List<RingContents> rings, Recovery.Outcome outcome) {}

  /** Told once; {@code result} is null on error. */
  @FunctionalInterface
  interface Completion {
    void done(IOException error, Result result);
  }

  private final Shelves shelves;
  private final Layout layout;
  private final UUID resource;
  private final View chosen;
  private final Completion completion;
  private final ByteBuffer window;
  private final CheckpointRecord[] checkpoints = new CheckpointRecord[2];
  private final RingContents[] rings = new RingContents[2];
  private CopyScanner scanner;

  private Survey(Shelves shelves, UUID resource, View chosen, Completion completion) {
    this.shelves = shelves;
    this.layout = shelves.stagger().layout();
    this.resource = resource;
    this.chosen = chosen;
    this.completion = completion;
    int bytes = (int) Math.min(RingScanner.MAX_READ_BYTES, layout.ringBytes());
    int areas = 2 * layout.checkpointAreaBytes();
    this.window =
        ByteBuffer.allocateDirect(Math.max(bytes, areas) + BlockTable.BLOCK_BYTES)
            .alignedSlice(BlockTable.BLOCK_BYTES);
  }

  static void run(Shelves shelves, UUID resource, View chosen, Completion completion) {
    shelves.trust().clear();
    new Survey(shelves, resource, chosen, completion).readCheckpoints();
  }

  /** The view as if it left no batch out: for tests of the rule that it does. */
  static View countingAll(View view) {
    return new View(
        view.number(),
        view.primary(),
        view.members(),
        view.incarnation0(),
        view.incarnation1(),
        view.base(),
        view.completeAtBirth(),
        view.clean(),
        view.liveShelves(),
        List.of(new View.CutLimit(0, Long.MAX_VALUE)));
  }

  private void readCheckpoints() {
    int bytes = layout.checkpointAreaBytes();
    IoChain chain =
        new IoChain(
            "checkpoint records read",
            Lane.DATA,
            error -> {
              if (error != null) {
                completion.done(error, null);
                return;
              }
              for (int node = 0; node < 2; node++) {
                checkpoints[node] = CheckpointArea.latest(window.slice(node * bytes, bytes), node);
                if (checkpoints[node] == null) {
                  completion.done(
                      new IOException("no valid checkpoint record of node " + node), null);
                  return;
                }
              }
              scan(0);
            });
    for (int node = 0; node < 2; node++) {
      chain.read(layout.checkpointAreaOffset(node), window.slice(node * bytes, bytes));
    }
    shelves.submit(chain);
  }

  private void scan(int node) {
    if (node == 2) {
      makeDurable();
      return;
    }
    int reached = shelves.readable() & ~shelves.down();
    scanner =
        new CopyScanner(shelves.stagger(), resource, checkpoints[node], reached, shelves.trust());
    readMore(node);
  }

  private void readMore(int node) {
    ReadRequest request = scanner.next();
    if (request == null) {
      rings[node] = scanner.contents();
      scan(node + 1);
      return;
    }
    ByteBuffer into = window.slice(0, request.lengthBytes());
    IoChain chain =
        new IoChain(
            "log read",
            Lane.DATA,
            error -> {
              if (error != null) {
                completion.done(error, null);
              } else {
                scanner.feed(into.rewind());
                readMore(node);
              }
            });
    shelves.submit(chain.read(request.offsetBytes(), into));
  }

  /** What a dead node had written may be in the shelf's cache alone: nobody relies on it there. */
  private void makeDurable() {
    IoChain chain =
        new IoChain(
            "sync of what was read",
            Lane.DATA,
            error -> {
              if (error != null) {
                completion.done(error, null);
              } else {
                judge();
              }
            });
    shelves.submit(chain.sync());
  }

  private void judge() {
    List<CheckpointRecord> records = List.of(checkpoints);
    List<RingContents> found = List.of(rings);
    completion.done(null, new Result(records, found, Recovery.of(layout, chosen, records, found)));
  }
}
