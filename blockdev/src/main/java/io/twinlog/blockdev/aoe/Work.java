package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.shelf.IoChain;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/** A chain on its way: which step it is at, and what of that step is still to be sent. */
final class Work {

  final IoChain chain;
  final Executor owner;
  final long submittedAt;

  /** Pieces to be sent again, before anything new. */
  final ArrayDeque<Piece> again = new ArrayDeque<>(2);

  /** Pieces under way. */
  int outstanding;

  private int step;
  private int cutBytes;
  private boolean flushCut;

  Work(IoChain chain, Executor owner, long now) {
    this.chain = chain;
    this.owner = owner;
    this.submittedAt = now;
  }

  /** Goes on to the next step when this one is done; false when there is none. */
  boolean advance(TargetIdentity.Flush flush) {
    while (step < chain.steps().size() && isStepDone(flush)) {
      step++;
      cutBytes = 0;
      flushCut = false;
    }
    return step < chain.steps().size();
  }

  private boolean isStepDone(TargetIdentity.Flush flush) {
    if (outstanding > 0 || !again.isEmpty()) {
      return false;
    }
    IoChain.Step current = chain.steps().get(step);
    if (current instanceof IoChain.Sync) {
      return flushCut || flush == TargetIdentity.Flush.NONE;
    }
    return cutBytes == buffer(current).remaining();
  }

  /** Whether a part of the present step has not been cut into pieces yet. */
  boolean hasMore() {
    IoChain.Step current = chain.steps().get(step);
    return current instanceof IoChain.Sync ? !flushCut : cutBytes < buffer(current).remaining();
  }

  /** The next piece, of at most this many sectors; not yet taken. */
  Piece peek(int sectors, TargetIdentity.Flush flush) {
    IoChain.Step current = chain.steps().get(step);
    if (current instanceof IoChain.Sync) {
      boolean extended = flush == TargetIdentity.Flush.EXTENDED;
      return new Piece(this, extended ? Ata.FLUSH_EXTENDED : Ata.FLUSH, 0, 0, null, 0);
    }
    ByteBuffer buffer = buffer(current);
    int count = Math.min(sectors, (buffer.remaining() - cutBytes) / Ata.SECTOR_BYTES);
    return new Piece(
        this,
        current instanceof IoChain.Write ? Ata.WRITE_EXTENDED : Ata.READ_EXTENDED,
        (offset(current) + cutBytes) / Ata.SECTOR_BYTES,
        count,
        buffer,
        buffer.position() + cutBytes);
  }

  /** The piece that {@link #peek} gave is on its way. */
  void take(Piece piece) {
    if (piece.buffer == null) {
      flushCut = true;
    } else {
      cutBytes += piece.sectors * Ata.SECTOR_BYTES;
    }
  }

  /** For messages: what the piece does to what. */
  static String text(Piece piece) {
    return switch (piece.operation) {
      case Ata.WRITE_EXTENDED -> "write of " + range(piece);
      case Ata.READ_EXTENDED -> "read of " + range(piece);
      default -> "sync";
    };
  }

  private static String range(Piece piece) {
    return piece.sectors * Ata.SECTOR_BYTES + " bytes at offset " + piece.sector * Ata.SECTOR_BYTES;
  }

  static long offset(IoChain.Step step) {
    return step instanceof IoChain.Write write
        ? write.offsetBytes()
        : ((IoChain.Read) step).offsetBytes();
  }

  static ByteBuffer buffer(IoChain.Step step) {
    return step instanceof IoChain.Write write ? write.data() : ((IoChain.Read) step).into();
  }
}
