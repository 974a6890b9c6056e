package io.twinlog.blockdev.log;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Where the next batch of a ring goes.
 *
 * @param sequence the batch's sequence number
 * @param position the ring position at which it begins
 * @param chain CRC32C of the commit record before it, which the batch quotes; 0 when the ring holds
 *     none that a reader needs
 */
public record RingEnd(long sequence, long position, int chain) {

  /** Whether these bytes, the buffer's remaining ones, are the piece before it, undamaged. */
  public boolean isBehind(ByteBuffer piece) {
    PieceHeader header = new PieceHeader();
    int at = piece.position();
    int data = at + PieceHeader.BYTES;
    return piece.remaining() >= PieceHeader.BYTES
        && header.read(piece, at)
        && header.crc == chain
        && header.dataBytes == piece.limit() - data
        && header.dataCrc == Fields.crc32c(new CRC32C(), piece, data, piece.limit());
  }
}
