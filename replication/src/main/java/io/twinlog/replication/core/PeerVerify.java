package io.twinlog.replication.core;

import java.util.ArrayDeque;
import java.util.BitSet;

/**
 * Compares the primary's RAM with the secondary's. The primary says what a piece must be as of the
 * last write that it has sent; the secondary finds that in the stream behind that very write and in
 * front of the next, so both speak of the same state, and nothing has to be held up. A piece whose
 * checksums differ is asked for block by block, and only what differs again does differ.
 */
final class PeerVerify implements VerifyPass {
  /** Pieces sent and not answered yet. */
  private static final int WINDOW = 4;

  private record Piece(long offset, int length) {}

  private final Replica replica;
  private final BlockTable table;
  private final VerifyPieces pieces;
  private final RequestQueue pending;

  private final ArrayDeque<Piece> sent = new ArrayDeque<>();

  /** To be compared one by one. */
  private final BitSet suspects = new BitSet();

  private BitSet differing;
  private Link link;
  private long view;
  private long cursor;
  private long comparedBytes;

  /** The peer could not compare a piece: the next is sent when time has gone on. */
  private long notBeforeNanos;

  PeerVerify(Replica replica, BlockTable table, VerifyPieces pieces, RequestQueue pending) {
    this.replica = replica;
    this.table = table;
    this.pieces = pieces;
    this.pending = pending;
  }

  @Override
  public void begin(BitSet differing) {
    this.differing = differing;
    link = replica.link();
    view = replica.view().number();
    cursor = 0;
    comparedBytes = 0;
    notBeforeNanos = replica.now();
    end();
  }

  @Override
  public void end() {
    sent.clear();
    suspects.clear();
  }

  @Override
  public String obstacle() {
    if (replica.link() == null) {
      return "the peer is not connected";
    }
    if (!replica.isPair()) {
      return "the peer's copy is not up to date";
    }
    if (!replica.isPopulated()) {
      return "RAM is still being filled from the backing";
    }
    return null;
  }

  /** Whether the pass is still about the same two copies. */
  boolean isInterrupted() {
    return replica.link() != link || replica.view().number() != view;
  }

  @Override
  public void pump(VerifyPacer pacer) {
    if (sent.size() == WINDOW
        || replica.isFrozen()
        || replica.now() - notBeforeNanos < 0
        || link.out.queuedBytes() > WINDOW * (long) VerifyPieces.MAX_BYTES) {
      return;
    }
    int suspect = suspects.nextSetBit(0);
    if ((suspect < 0 && cursor == table.deviceBytes()) || !pacer.takePiece()) {
      return;
    }
    if (suspect >= 0) {
      suspects.clear(suspect);
      send((long) suspect * BlockTable.BLOCK_BYTES, BlockTable.BLOCK_BYTES);
    } else {
      int length = (int) Math.min(VerifyPieces.MAX_BYTES, table.deviceBytes() - cursor);
      send(cursor, length);
      cursor += length;
    }
    replica.requestEndTurn();
  }

  private void send(long offset, int length) {
    sent.add(new Piece(offset, length));
    int checksum = pieces.checksum(pieces.content(offset, length, pending));
    long number = replica.number() + pending.size();
    link.out.control(new PeerControl.VerifyPiece(view, number, offset, length, checksum));
  }

  /** The peer has compared a piece, or could not. */
  void answered(Link from, PeerControl.VerifyAnswer answer) {
    Piece piece = sent.peek();
    if (from != link || answer.view() != view || piece == null) {
      return;
    }
    if (answer.offset() != piece.offset()) {
      replica.closeLink("the peer answers a verify of other blocks");
      return;
    }
    sent.remove();
    int first = (int) (piece.offset() / BlockTable.BLOCK_BYTES);
    int end = first + piece.length() / BlockTable.BLOCK_BYTES;
    switch (answer.result()) {
      case EQUAL -> {
        differing.clear(first, end);
        comparedBytes += piece.length();
      }
      case DIFFERENT -> {
        if (end - first == 1) {
          differing.set(first);
          comparedBytes += piece.length();
        } else {
          suspects.set(first, end);
        }
      }
      case NOT_COMPARED -> {
        suspects.set(first, end);
        notBeforeNanos = replica.now() + Replica.RETRY_NANOS;
      }
    }
  }

  @Override
  public long doneBytes() {
    return comparedBytes;
  }

  @Override
  public boolean isDone() {
    return cursor == table.deviceBytes() && suspects.isEmpty() && sent.isEmpty();
  }

  @Override
  public boolean isDamaged() {
    return false;
  }

  @Override
  public String remark() {
    return "";
  }
}
