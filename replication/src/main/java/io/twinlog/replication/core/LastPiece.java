package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CheckpointCodec;
import io.twinlog.blockdev.log.CheckpointRecord;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.RingEnd;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.IoChain.Lane;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

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
  private static final String DAMAGED =
      "the last piece of the log is damaged in the copy that can be read now";

  private final Replica replica;
  private final Effects effects;
  private final Layout layout;
  private CheckpointRecord record;
  private RingEnd end;
  private List<Layout.Span> spans = List.of();
  private int bytes;
  private boolean isDurable = true;
  private int chainsUnderWay;
  private boolean proving;

  /** A set of shelves that has been seen to hold the piece, in any copy of each chunk; or none. */
  private int wholeOn;

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
  void begin(CheckpointRecord ownRecord, long position, RingEnd ringEnd) {
    round++;
    isDurable = false;
    wholeOn = 0;
    record = ownRecord;
    end = ringEnd;
    bytes = (int) (end.position() - position);
    spans = bytes == 0 ? List.of() : layout.ringSpans(record.node(), position, bytes);
    read();
  }

  /** This node is primary no more. */
  void end() {
    round++;
    isDurable = true;
  }

  /**
   * Whether the piece can be had from these shelves alone, as far as is known: then they may go on
   * without the others.
   */
  boolean isWholeOn(int shelves) {
    return isDurable || bytes == 0 || wholeOn == shelves;
  }

  /**
   * Looks whether the piece is whole on these shelves.
   *
   * @param submit has a chain read from them alone
   * @param missing told when it is not, or cannot be read, and is still in doubt
   */
  void prove(int shelves, Consumer<IoChain> submit, Runnable missing) {
    if (proving) {
      return;
    }
    proving = true;
    long mine = round;
    read(
        submit,
        (error, piece) -> {
          proving = false;
          effects.releaseBuffer(piece);
          if (mine != round || isDurable) {
            replica.requestEndTurn();
          } else if (error == null) {
            wholeOn = shelves;
            replica.requestEndTurn();
          } else {
            missing.run();
          }
        });
  }

  private void read() {
    if (bytes == 0) {
      write(null);
      return;
    }
    long mine = round;
    read(
        effects::submit,
        (error, piece) -> {
          if (error == null && mine == round) {
            write(piece);
          } else {
            effects.releaseBuffer(piece);
            retry(mine, error);
          }
        });
  }

  /** Passes the piece on, which is the receiver's to release; an error, too, when it is damaged. */
  private void read(Consumer<IoChain> submit, BiConsumer<IOException, ByteBuffer> then) {
    ByteBuffer piece = effects.acquireBuffer(bytes);
    RingEnd behind = end;
    IoChain chain =
        new IoChain(
            "last log piece read",
            Lane.LOG,
            error -> {
              chainsUnderWay--;
              boolean damaged = error == null && !behind.isBehind(piece);
              then.accept(damaged ? new IOException(DAMAGED) : error, piece);
            });
    int at = 0;
    for (Layout.Span span : spans) {
      chain.read(span.offsetBytes(), piece.slice(at, (int) span.lengthBytes()));
      at += (int) span.lengthBytes();
    }
    chainsUnderWay++;
    submit.accept(chain);
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
