package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointCodec;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The piece with which this node's ring ends when a primacy begins, and the checkpoint record that
 * says where the ring begins. The sync that was to make them durable may have failed, or never
 * begun, or only one of several shelves may have them: then they can be read, and yet no sync
 * covers them unless they are written again ({@link IoChain.Sync}). So they are, byte for byte,
 * before anything is appended; else a power loss, or the loss of that shelf, could leave a hole
 * before batches that were acknowledged, or an older beginning that does not lead to them. The
 * pieces before the last one were durable when it was written.
 */
final class LastPiece {
  private static final long RETRY_NANOS = 50_000_000;

  private final Replica replica;
  private final Effects effects;
  private final Layout layout;
  private CheckpointRecord record;
  private List<Layout.Span> spans = List.of();
  private int bytes;
  private boolean isDurable = true;
  private int chainsUnderWay;

  /** Grows with every beginning and end, so that late completions are known as such. */
  private long round;

  LastPiece(Replica replica, Effects effects, Layout layout) {
    this.replica = replica;
    this.effects = effects;
    this.layout = layout;
  }

  /** Whether nothing in the ring is in doubt. */
  boolean isDurable() {
    return isDurable;
  }

  /** Whether it is being read or written. */
  boolean isUnderWay() {
    return chainsUnderWay > 0;
  }

  /** A primacy begins; the piece is empty when nothing in the ring is needed. */
  void begin(CheckpointRecord ownRecord, long position, long endPosition) {
    round++;
    isDurable = false;
    record = ownRecord;
    bytes = (int) (endPosition - position);
    spans = bytes == 0 ? List.of() : layout.ringSpans(record.node(), position, bytes);
    read();
  }

  /** This node is primary no more. */
  void end() {
    round++;
    isDurable = true;
  }

  private void read() {
    if (bytes == 0) {
      write(null);
      return;
    }
    ByteBuffer piece = effects.acquireBuffer(bytes);
    long mine = round;
    IoChain chain =
        new IoChain(
            "last log piece read",
            Lane.LOG,
            error -> {
              chainsUnderWay--;
              if (error == null && mine == round) {
                write(piece);
              } else {
                effects.releaseBuffer(piece);
                retry(mine, error);
              }
            });
    int at = 0;
    for (Layout.Span span : spans) {
      chain.read(span.offsetBytes(), piece.slice(at, (int) span.lengthBytes()));
      at += (int) span.lengthBytes();
    }
    chainsUnderWay++;
    effects.submit(chain);
  }

  /** {@code piece} is released here; null when there is none. */
  private void write(ByteBuffer piece) {
    ByteBuffer sector = effects.acquireBuffer(layout.sectorBytes());
    CheckpointCodec.encode(record, sector);
    long mine = round;
    IoChain chain =
        new IoChain(
            "last log piece written again",
            Lane.LOG,
            error -> {
              chainsUnderWay--;
              if (piece != null) {
                effects.releaseBuffer(piece);
              }
              effects.releaseBuffer(sector);
              if (error != null || mine != round) {
                retry(mine, error);
              } else {
                isDurable = true;
                replica.pump();
              }
            });
    int at = 0;
    for (Layout.Span span : spans) {
      chain.write(span.offsetBytes(), piece.slice(at, (int) span.lengthBytes()));
      at += (int) span.lengthBytes();
    }
    if (piece != null) {
      chain.sync();
    }
    chain.write(layout.checkpointOffset(record.node(), record.sequence()), sector);
    chainsUnderWay++;
    effects.submit(chain.sync());
  }

  private void retry(long ofRound, IOException error) {
    if (ofRound == round) {
      replica.backingFailed(error);
      replica.after(
          RETRY_NANOS,
          () -> {
            if (ofRound == round) {
              read();
            }
          });
    }
  }
}
