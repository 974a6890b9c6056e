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

  /** What had been acknowledged, or read, anywhere when the request began. */
  private final long floorAtBegin;

  private final long clientGeneration;
  private boolean over;

  SimRequest(SimNode node, long id, Command command, int offset, int length) {
    this(node, id, command, offset, length, command == Command.WRITE ? content(id, length) : null);
  }

  private SimRequest(
      SimNode node, long id, Command command, int offset, int length, byte[] content) {
    super(command, offset, length, false, content == null ? null : wrap(content));
    this.node = node;
    this.id = id;
    this.content = content;
    this.clientGeneration = node.clientGeneration();
    this.floorAtBegin = node.world().history().floor();
  }

  private static ByteBuf wrap(byte[] content) {
    return Unpooled.wrappedBuffer(content.clone());
  }

  /** Bytes that no other request writes: its number in every three of them. */
  private static byte[] content(long id, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      long part = id >>> (8 * (i % 3));
      bytes[i] = (byte) (part | (i % 3 == 2 ? 0x80 : 0));
    }
    return bytes;
  }

  SimNode node() {
    return node;
  }

  /** Does to the image what the write does to the device. */
  void applyTo(byte[] image) {
    int offset = (int) offsetBytes();
    int end = (int) (offset + lengthBytes());
    if (content == null) {
      Arrays.fill(image, offset, end, (byte) 0);
    } else {
      System.arraycopy(content, 0, image, offset, content.length);
    }
  }

  @Override
  public void completed(RamDevice ram) {
    end();
    if (clientGeneration != node.clientGeneration()) {
      throw new SimFailure(this + " is carried out after its client was cut off");
    }
    History history = node.world().history();
    if (command().isWrite()) {
      history.committed(node, this);
    } else if (command() == Command.READ) {
      history.read(node, this, floorAtBegin);
    }
    node.world().answered(this);
  }

  @Override
  public void failed(BlockError error) {
    throw new SimFailure("request " + id + " failed: " + error);
  }

  @Override
  public void dropped() {
    end();
    node.world().dropped(this);
  }

  private void end() {
    if (over) {
      throw new SimFailure("request " + id + " ended twice");
    }
    over = true;
  }

  @Override
  public String toString() {
    return command() + "#" + id + " " + offsetBytes() + "+" + lengthBytes();
  }
}
