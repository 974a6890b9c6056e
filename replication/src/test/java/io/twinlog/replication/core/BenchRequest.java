package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.RamDevice;
import java.nio.ByteBuffer;

/** A client's request, and how it ended. */
final class BenchRequest extends BlockRequest {
  private boolean answered;
  private boolean dropped;
  private byte[] content;

  BenchRequest(Command command, long offset, long length, ByteBuf payload) {
    this(command, offset, length, false, payload);
  }

  BenchRequest(Command command, long offset, long length, boolean fua, ByteBuf payload) {
    super(command, offset, length, fua, payload);
  }

  boolean isAnswered() {
    return answered;
  }

  boolean isDropped() {
    return dropped;
  }

  /** What a READ has read. */
  byte[] content() {
    return content;
  }

  @Override
  public void completed(RamDevice ram) {
    answered = true;
    if (command() == Command.READ) {
      content = new byte[(int) lengthBytes()];
      ram.read(offsetBytes(), ByteBuffer.wrap(content));
    }
  }

  @Override
  public void failed(BlockError error) {
    throw new AssertionError("failed: " + error);
  }

  @Override
  public void dropped() {
    dropped = true;
  }
}
