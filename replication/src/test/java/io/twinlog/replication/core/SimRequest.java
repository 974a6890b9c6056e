package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.RamDevice;
import java.util.Arrays;

/** A simulated client's request; its outcome goes to the history. */
final class SimRequest extends BlockRequest {
  private final SimNode node;
  private final long id;
  private final byte[] content;
  private final long beganNanos;

  /** What had been committed, so perhaps read, anywhere when the request began. */
  private final long floorAtBegin;

  /** What clients had been told of, anywhere, when the request began. */
  private final long acknowledgedAtBegin;

  private final long clientGeneration;
  private long number;
  private boolean completed;
  private boolean over;

  SimRequest(
      SimNode node, long id, Command command, int offset, int length, boolean forceUnitAccess) {
    this(
        node,
        id,
        command,
        offset,
        length,
        forceUnitAccess,
        command == Command.WRITE ? content(id, length) : null);
  }

  private SimRequest(
      SimNode node,
      long id,
      Command command,
      int offset,
      int length,
      boolean forceUnitAccess,
      byte[] content) {
    super(command, offset, length, forceUnitAccess, content == null ? null : wrap(content));
    this.node = node;
    this.id = id;
    this.content = content;
    this.beganNanos = node.world().now();
    this.clientGeneration = node.clientGeneration();
    this.floorAtBegin = node.world().history().floor();
    this.acknowledgedAtBegin = node.world().history().acknowledged();
  }

  private static ByteBuf wrap(byte[] content) {
    return Unpooled.wrappedBuffer(content.clone());
  }

  /** Bytes that no other request writes: its number in every three of them. */
  private static byte[] content(long id, int length) {
    byte[] bytes = new byte[length];
    byte[] part = {(byte) id, (byte) (id >>> 8), (byte) (id >>> 16 | 0x80)};
    System.arraycopy(part, 0, bytes, 0, Math.min(3, length));
    for (int filled = 3; filled < length; filled *= 2) {
      System.arraycopy(bytes, 0, bytes, filled, Math.min(filled, length - filled));
    }
    return bytes;
  }

  SimNode node() {
    return node;
  }

  /** The number that its primary has given the write; 0 when none yet. */
  long number() {
    return number;
  }

  void numbered(long given) {
    number = given;
  }

  long beganNanos() {
    return beganNanos;
  }

  long floorAtBegin() {
    return floorAtBegin;
  }

  long acknowledgedAtBegin() {
    return acknowledgedAtBegin;
  }

  boolean isCompleted() {
    return completed;
  }

  /** Answered or dropped. */
  boolean isOver() {
    return over;
  }

  /** Does to one block of the device, which begins at the offset, what the write does. */
  void applyTo(byte[] block, long blockOffset) {
    int from = (int) Math.max(offsetBytes() - blockOffset, 0);
    int to = (int) Math.min(offsetBytes() + lengthBytes() - blockOffset, block.length);
    if (content == null) {
      Arrays.fill(block, from, to, (byte) 0);
    } else {
      System.arraycopy(content, (int) (blockOffset + from - offsetBytes()), block, from, to - from);
    }
  }

  @Override
  public void completed(RamDevice ram) {
    end();
    completed = true;
    if (clientGeneration != node.clientGeneration()) {
      throw new SimFailure(this + " is carried out after its client was cut off");
    }
    History history = node.world().history();
    switch (command()) {
      case READ -> history.read(node, this);
      case FLUSH -> history.flushed(node, this);
      case WRITE, WRITE_ZEROES, TRIM -> history.acknowledged(node, this);
    }
    node.world().clients().answered(this);
  }

  @Override
  public void failed(BlockError error) {
    throw new SimFailure("request " + id + " failed: " + error);
  }

  @Override
  public void dropped() {
    end();
    node.world().clients().dropped(this);
  }

  private void end() {
    if (over) {
      throw new SimFailure("request " + id + " ended twice");
    }
    over = true;
  }

  @Override
  public String toString() {
    String fua = forceUnitAccess() ? " FUA" : "";
    return command() + "#" + id + " " + offsetBytes() + "+" + lengthBytes() + fua;
  }
}
