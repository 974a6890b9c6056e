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

  /** Of a TRIM or WRITE_ZEROES: what comes after the part that the device has, and FUA. */
  private long restBytes;

  private boolean forceLast;

  NbdRequest(TransmissionHandler connection) {
    this.connection = connection;
  }

  /** Takes the header's content and ownership of the payload, which is null but for a WRITE. */
  void fill(RequestHeader header, ByteBuf payload) {
    cookie = header.cookie();
    blockStatus = header.type() == Transmission.CMD_BLOCK_STATUS;
    flagged = header.has(Transmission.FLAG_DF | Transmission.FLAG_REQ_ONE);
    boolean forceUnitAccess = header.has(Transmission.FLAG_FUA);
    restBytes = 0;
    switch (header.type()) {
      case Transmission.CMD_READ -> reuse(Command.READ, header, forceUnitAccess, null);
      case Transmission.CMD_WRITE -> reuse(Command.WRITE, header, forceUnitAccess, payload);
      case Transmission.CMD_WRITE_ZEROES ->
          beginParts(Command.WRITE_ZEROES, header, forceUnitAccess);
      case Transmission.CMD_TRIM -> beginParts(Command.TRIM, header, forceUnitAccess);
      case Transmission.CMD_FLUSH -> reuse(Command.FLUSH, header, forceUnitAccess, null);
      case Transmission.CMD_BLOCK_STATUS -> {
        // Asks for no more than it looks at: a READ longer than that would be of no use.
        long length = Math.min(header.lengthBytes(), ReplyEncoder.STATUS_SCAN_BYTES);
        reuse(Command.READ, header.offsetBytes(), length, forceUnitAccess, null);
      }
      default -> throw new IllegalStateException("not for the device: command " + header.type());
    }
  }

  private void beginParts(Command command, RequestHeader header, boolean forceUnitAccess) {
    restBytes = header.lengthBytes();
    forceLast = forceUnitAccess;
    part(command, header.offsetBytes());
  }

  private void part(Command command, long offsetBytes) {
    long length = Math.min(restBytes, Transmission.MAX_PAYLOAD_BYTES);
    restBytes -= length;
    // Numbers ascend, so what holds for the last part holds for those before it.
    reuse(command, offsetBytes, length, forceLast && restBytes == 0, null);
  }

  /** Whether the device has had only a part of it so far. */
  boolean hasNextPart() {
    return restBytes > 0;
  }

  /**
   * Becomes its next part. A range without payload may be as long as the device; as one request it
   * would hold the loop for as long as that many bytes take to be zeroed.
   */
  void nextPart() {
    part(command(), offsetBytes() + lengthBytes());
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
