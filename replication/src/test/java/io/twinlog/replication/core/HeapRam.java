package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.RamDevice;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A small RAM device on the heap: simulated nodes come and go by the thousand. */
final class HeapRam implements RamDevice {
  private final byte[] bytes;

  HeapRam(int size) {
    bytes = new byte[size];
  }

  byte[] bytes() {
    return bytes;
  }

  @Override
  public long sizeBytes() {
    return bytes.length;
  }

  @Override
  public void write(long offsetBytes, ByteBuf source) {
    source.getBytes(source.readerIndex(), bytes, (int) offsetBytes, source.readableBytes());
  }

  @Override
  public void write(long offsetBytes, ByteBuffer source) {
    source.get(bytes, (int) offsetBytes, source.remaining());
  }

  @Override
  public void zero(long offsetBytes, long lengthBytes) {
    Arrays.fill(bytes, (int) offsetBytes, (int) (offsetBytes + lengthBytes), (byte) 0);
  }

  @Override
  public void read(long offsetBytes, ByteBuf target, int lengthBytes) {
    target.writeBytes(bytes, (int) offsetBytes, lengthBytes);
  }

  @Override
  public void read(long offsetBytes, ByteBuffer target) {
    target.put(bytes, (int) offsetBytes, target.remaining());
  }

  @Override
  public boolean isZero(long offsetBytes, long lengthBytes) {
    for (int i = (int) offsetBytes; i < offsetBytes + lengthBytes; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {}
}
