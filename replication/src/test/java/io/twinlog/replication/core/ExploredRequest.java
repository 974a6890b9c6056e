package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.RamDevice;
import java.nio.ByteBuffer;

/** A client's request in the explored world: a whole block, written full of the write's number. */
final class ExploredRequest extends BlockRequest {
  private final ExploredNode node;
  private final long id;

  /** What had been seen by clients when it began. */
  private final long floor;

  /** The client's connection: a node that leaves the primary role closes them all. */
  private final long connection;

  ExploredRequest(ExploredNode node, Command command, long id, int block, long floor) {
    super(
        command,
        (long) block * BlockTable.BLOCK_BYTES,
        BlockTable.BLOCK_BYTES,
        false,
        command == Command.WRITE ? content(id) : null);
    this.node = node;
    this.id = id;
    this.floor = floor;
    this.connection = node.clientConnections();
  }

  private static ByteBuf content(long id) {
    ByteBuffer bytes = ByteBuffer.allocate(BlockTable.BLOCK_BYTES);
    while (bytes.hasRemaining()) {
      bytes.putLong(id);
    }
    return Unpooled.wrappedBuffer(bytes.array());
  }

  @Override
  public void completed(RamDevice ram) {
    if (connection != node.clientConnections()) {
      throw new SimFailure("write " + id + " is carried out after its client was cut off");
    }
    if (command() == Command.READ) {
      node.promise().answered(node, floor);
    } else {
      node.promise().acknowledged(node, id, (int) (offsetBytes() / BlockTable.BLOCK_BYTES));
    }
  }

  @Override
  public void failed(BlockError error) {
    throw new SimFailure("a request failed: " + error);
  }

  @Override
  public void dropped() {}
}
