package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.ReadRequest;
import io.twinlog.blockdev.log.RingScanner;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * Reads this node's ring as whoever recovers from it would, from its tail to where it ended when
 * the scan began, with every checksum. When it stops earlier, and at a place that has not been
 * freed meanwhile, the log is damaged there.
 */
final class LogVerify {
  private final Replica replica;
  private final Effects effects;
  private final Slots slots;
  private final BlockTable table;
  private final LogWriter log;
  private final Layout layout;

  private BitSet differing;
  private long round;
  private boolean underWay;
  private boolean done;
  private RingScanner scanner;
  private long scannedTo;
  private long wantedEnd;
  private String damage = "";

  LogVerify(Replica replica, Effects effects, Slots slots, BlockTable table, LogWriter log) {
    this.replica = replica;
    this.effects = effects;
    this.slots = slots;
    this.table = table;
    this.log = log;
    this.layout = replica.config().layout();
  }

  void begin(BitSet differing) {
    this.differing = differing;
    damage = "";
    restart();
  }

  void end() {
    round++;
    done = true;
    scanner = null;
  }

  boolean isDone() {
    return done && !underWay;
  }

  /** Where the log is damaged; or empty. */
  String damage() {
    return damage;
  }

  private void restart() {
    done = false;
    scanner =
        new RingScanner(
            layout,
            replica.config().uuid(),
            new CheckpointRecord(
                replica.config().node(),
                0,
                replica.incarnation(),
                replica.view().number(),
                0,
                log.tailSequence(),
                log.tail()),
            (int) Math.min(VerifyPieces.MAX_BYTES, layout.ringBytes()));
    scannedTo = log.tail();
    wantedEnd = log.loggedEnd().position();
  }

  void pump(VerifyPacer pacer) {
    if (underWay || done) {
      return;
    }
    boolean more = scannedTo < wantedEnd && !scanner.isEndFound();
    ReadRequest request = more ? scanner.next() : null;
    if (request == null) {
      finish();
      replica.requestEndTurn();
      return;
    }
    if (!pacer.takePiece()) {
      return;
    }
    ByteBuffer buffer = effects.acquireBuffer(request.lengthBytes());
    long mine = round;
    IoChain chain =
        new IoChain(
            "verify of the log",
            Lane.DATA,
            error -> {
              underWay = false;
              if (mine == round) {
                read(buffer, error);
              }
              effects.releaseBuffer(buffer);
              replica.requestEndTurn();
            });
    underWay = true;
    effects.submit(chain.read(request.offsetBytes(), buffer.duplicate()));
  }

  private void read(ByteBuffer buffer, IOException error) {
    if (error != null) {
      replica.backingFailed(error);
      underWay = true;
      long mine = round;
      replica.after(
          Replica.RETRY_NANOS,
          () -> {
            underWay = false;
            if (mine == round) {
              restart();
            }
          });
      return;
    }
    scannedTo += buffer.remaining();
    scanner.feed(buffer);
  }

  private void finish() {
    long end = scanner.endSoFar().position();
    if (!scanner.isEndFound() || end >= wantedEnd) {
      done = true;
    } else if (log.tail() > end) {
      restart();
    } else {
      confirm(end);
    }
  }

  private void confirm(long position) {
    underWay = true;
    long mine = round;
    slots.read(
        (error, reading) -> {
          underWay = false;
          if (mine != round) {
            return;
          }
          boolean sure = error == null && !replica.views().isSuperseded(reading);
          if (mine != round) {
            return;
          }
          if (sure) {
            damaged(position);
          } else {
            restart();
          }
          replica.requestEndTurn();
        });
  }

  /** Everything that a reader would not reach any more counts as different: it is logged again. */
  private void damaged(long position) {
    done = true;
    damage =
        "the log is damaged at offset "
            + layout.ringPlace(replica.config().node(), position)
            + " of the shelf";
    for (int block = table.kept.nextSetBit(0);
        block >= 0;
        block = table.kept.nextSetBit(block + 1)) {
      if (table.loggedAt[block] >= position || table.loggedAt[block] == BlockTable.LOGGED_ZERO) {
        differing.set(block);
      }
    }
  }
}
