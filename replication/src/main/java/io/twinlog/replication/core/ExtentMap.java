package io.twinlog.replication.core;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;

/**
 * A set of blocks as a control message carries it: one bit for each extent of the device, bit i of
 * byte i / 8 being extent i. An extent is one block, or on a device with more than {@link
 * #MAX_BITS} blocks the least power of two of blocks with which {@link #MAX_BITS} suffice; both
 * nodes know the device's size and so the same extents. A block that is in the set has its whole
 * extent there. Immutable.
 */
public final class ExtentMap {
  /** So that a message fits one frame: 32 KiB. */
  static final int MAX_BITS = 1 << 18;

  public static final ExtentMap EMPTY = new ExtentMap(new byte[0]);

  private final byte[] bits;

  private ExtentMap(byte[] bits) {
    this.bits = bits;
  }

  /** The set that these bytes say; they are copied. */
  public static ExtentMap ofBytes(byte[] bytes) {
    return new ExtentMap(BitSet.valueOf(bytes).toByteArray());
  }

  static ExtentMap of(BitSet blocks, int deviceBlocks) {
    int shift = shift(deviceBlocks);
    BitSet extents = new BitSet();
    for (int block = blocks.nextSetBit(0); block >= 0; ) {
      int extent = block >> shift;
      extents.set(extent);
      block = blocks.nextSetBit((extent + 1) << shift);
    }
    return new ExtentMap(extents.toByteArray());
  }

  private static int shift(int deviceBlocks) {
    int shift = 0;
    while (((deviceBlocks - 1) >> shift) >= MAX_BITS) {
      shift++;
    }
    return shift;
  }

  public byte[] toBytes() {
    return bits.clone();
  }

  /** Adds the blocks of every extent; bits beyond the device mean nothing. */
  void addTo(BitSet blocks, int deviceBlocks) {
    int shift = shift(deviceBlocks);
    BitSet extents = BitSet.valueOf(bits);
    int last = (deviceBlocks - 1) >> shift;
    for (int extent = extents.nextSetBit(0);
        extent >= 0 && extent <= last;
        extent = extents.nextSetBit(extent + 1)) {
      blocks.set(extent << shift, (int) Math.min(deviceBlocks, (extent + 1L) << shift));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExtentMap map && Arrays.equals(bits, map.bits);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bits);
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(bits, 0, Math.min(bits.length, 16));
  }
}
