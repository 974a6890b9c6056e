package io.twinlog.replication.core;

/**
 * How much of a resync is sent at a time, and may be under way, in blocks. Tests have small devices
 * and take less.
 *
 * @param pieceBlocks of content in one frame: small enough that heartbeats and writes pass (design,
 *     section 5)
 * @param busyPieceBlocks the same while clients are there, and then one in a turn: what a request
 *     finds before it here is short
 * @param windowBlocks of content on their way at most
 * @param digestBlocks whose digests are in one frame, at most {@link BackingFill#MOST_BLOCKS}: what
 *     the target reads of the backing at a time
 * @param busyDigestBlocks the same while clients are there
 * @param digestWindowBlocks that the target is looking for at most
 * @param busyDigestWindowBlocks the same while clients are there: read within a few milliseconds
 */
record ResyncSizes(
    int pieceBlocks,
    int busyPieceBlocks,
    int windowBlocks,
    int digestBlocks,
    int busyDigestBlocks,
    int digestWindowBlocks,
    int busyDigestWindowBlocks) {

  static final ResyncSizes USUAL =
      new ResyncSizes(
          SyncSource.PIECE_BYTES / BlockTable.BLOCK_BYTES,
          SyncSource.BUSY_PIECE_BYTES / BlockTable.BLOCK_BYTES,
          1024,
          BackingFill.MOST_BLOCKS,
          16,
          1024,
          128);

  int pieceBlocks(boolean busy) {
    return busy ? busyPieceBlocks : pieceBlocks;
  }

  int digestBlocks(boolean busy) {
    return busy ? busyDigestBlocks : digestBlocks;
  }

  int digestWindowBlocks(boolean busy) {
    return busy ? busyDigestWindowBlocks : digestWindowBlocks;
  }

  long windowBytes() {
    return (long) windowBlocks * BlockTable.BLOCK_BYTES;
  }
}
