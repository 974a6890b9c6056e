package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.RamDevice;

/** A request of an NBD client; belongs to its connection, which uses it again and again. */
final class NbdRequest extends BlockRequest {

  private final TransmissionHandler connection;
  private long cookie;
  private boolean blockStatus;
  private boolean flagged;

  NbdRequest(TransmissionHandler connection) {
    this.connection = connection;
  }

  /** Takes the header's content and ownership of the payload, which is null but for a WRITE. */
  void fill(RequestHeader header, ByteBuf payload) {
    cookie = header.cookie();
    blockStatus = header.type() == Transmission.CMD_BLOCK_STATUS;
    flagged = header.has(Transmission.FLAG_DF | Transmission.FLAG_REQ_ONE);
    boolean forceUnitAccess = header.has(Transmission.FLAG_FUA);
    switch (header.type()) {
      case Transmission.CMD_READ -> reuse(Command.READ, header, forceUnitAccess, null);
      case Transmission.CMD_WRITE -> reuse(Command.WRITE, header, forceUnitAccess, payload);
      case Transmission.CMD_WRITE_ZEROES ->
          reuse(Command.WRITE_ZEROES, header, forceUnitAccess, null);
      case Transmission.CMD_TRIM -> reuse(Command.TRIM, header, forceUnitAccess, null);
      case Transmission.CMD_FLUSH -> reuse(Command.FLUSH, header, forceUnitAccess, null);
      case Transmission.CMD_BLOCK_STATUS -> {
        // Asks for no more than it looks at: a READ longer than that would be of no use.
        long length = Math.min(header.lengthBytes(), ReplyEncoder.STATUS_SCAN_BYTES);
        reuse(Command.READ, header.offsetBytes(), length, forceUnitAccess, null);
      }
      default -> throw new IllegalStateException("not for the device: command " + header.type());
    }
  }

  long cookie() {
    return cookie;
  }

  /** Whether this READ serves to find out what is allocated. */
  boolean isBlockStatus() {
    return blockStatus;
  }

  /** DF of a READ, REQ_ONE of a BLOCK_STATUS. */
  boolean isFlagged() {
    return flagged;
  }

  /** Bytes it holds from admission until its reply is written (READ) or made (WRITE). */
  int heldBytes() {
    boolean holds = command() == Command.WRITE || (command() == Command.READ && !blockStatus);
    return holds ? (int) lengthBytes() : 0;
  }

  @Override
  public void completed(RamDevice ram) {
    connection.completed(this, ram);
  }

  @Override
  public void failed(BlockError error) {
    connection.failed(this, error);
  }

  @Override
  public void dropped() {
    connection.dropped(this);
  }

  private void reuse(
      Command command, RequestHeader header, boolean forceUnitAccess, ByteBuf payload) {
    reuse(command, header.offsetBytes(), header.lengthBytes(), forceUnitAccess, payload);
  }
}
