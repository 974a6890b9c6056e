package io.twinlog.replication.core;

/**
 * The secondary's part in a verify: it has taken in everything that was sent before the piece, in
 * order, and nothing that is sent after it.
 */
final class VerifyTarget {
  private final Replica replica;
  private final BlockTable table;
  private final VerifyPieces pieces;

  VerifyTarget(Replica replica, BlockTable table, VerifyPieces pieces) {
    this.replica = replica;
    this.table = table;
    this.pieces = pieces;
  }

  void compare(Link link, PeerControl.VerifyPiece piece) {
    if (piece.length() <= 0
        || piece.length() > VerifyPieces.MAX_BYTES
        || piece.offset() > table.deviceBytes() - piece.length()) {
      replica.closeLink("the peer verifies outside the device");
      return;
    }
    link.out.control(new PeerControl.VerifyAnswer(piece.view(), piece.offset(), result(piece)));
  }

  private PeerControl.VerifyResult result(PeerControl.VerifyPiece piece) {
    if (piece.view() != replica.view().number()
        || piece.number() != replica.number()
        || replica.isPrimary()
        || !replica.isMember()
        || !replica.mayAct()) {
      return PeerControl.VerifyResult.NOT_COMPARED;
    }
    int checksum = pieces.checksum(pieces.content(piece.offset(), piece.length()));
    return checksum == piece.checksum()
        ? PeerControl.VerifyResult.EQUAL
        : PeerControl.VerifyResult.DIFFERENT;
  }
}
