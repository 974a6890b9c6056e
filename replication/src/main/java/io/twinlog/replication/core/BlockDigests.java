package io.twinlog.replication.core;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.RamDevice;
import java.nio.ByteBuffer;

/**
 * Digests that tell whether a block's content is the same elsewhere: XXH3 with 128 bits, which is
 * about as fast as CRC32C. It is no cryptographic hash: each resync has a seed that nobody who
 * writes to the device knows, so that nobody can choose two contents with the same digest.
 */
final class BlockDigests {
  /** Of one digest: its high and its low half, big-endian. */
  static final int BYTES = 16;

  private final byte[] content = new byte[BlockTable.BLOCK_BYTES];
  private Hasher128 hasher;

  void begin(long seed) {
    hasher = Hashing.xxh3_128(seed);
  }

  /** Appends the digest of what RAM holds of the block. */
  void append(RamDevice ram, int block, ByteBuf out) {
    ram.read((long) block * BlockTable.BLOCK_BYTES, ByteBuffer.wrap(content));
    HashValue128 digest = hasher.hashBytesTo128Bits(content, 0, content.length);
    out.writeLong(digest.getMostSignificantBits());
    out.writeLong(digest.getLeastSignificantBits());
  }

  /** Takes a copy of a block, of which the two methods below tell. */
  ByteBuffer copyOf(ByteBuffer block) {
    block.get(content);
    return ByteBuffer.wrap(content);
  }

  /** Whether the copy has this digest. */
  boolean isCopyOf(long high, long low) {
    HashValue128 digest = hasher.hashBytesTo128Bits(content, 0, content.length);
    return digest.getMostSignificantBits() == high && digest.getLeastSignificantBits() == low;
  }
}
