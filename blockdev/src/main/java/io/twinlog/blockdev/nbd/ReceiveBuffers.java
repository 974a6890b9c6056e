package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.util.function.Supplier;

/**
 * The buffers one connection reads into: the middle of a great payload where one is being gathered,
 * else a buffer of 8 to 64 KiB that follows the size of the last reads. Small ones, because a
 * payload that is a slice keeps the whole buffer alive.
 */
final class ReceiveBuffers extends DefaultMaxMessagesRecvByteBufAllocator {

  private static final int MIN_BYTES = 8 << 10;
  private static final int MAX_BYTES = 64 << 10;

  private Supplier<ByteBuf> lender = () -> null;

  /** From now on asks {@code lender} first; null means it has nothing to lend. */
  void borrowFrom(Supplier<ByteBuf> newLender) {
    this.lender = newLender;
  }

  @Override
  @SuppressWarnings("deprecation") // Netty's own allocators return this type, too.
  public Handle newHandle() {
    return new ReceiveHandle();
  }

  private final class ReceiveHandle extends MaxMessageHandle {

    private int nextBytes = MIN_BYTES;
    private boolean borrowed;

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      ByteBuf lent = lender.get();
      borrowed = lent != null;
      return borrowed ? lent : allocator.directBuffer(nextBytes, nextBytes);
    }

    @Override
    public int guess() {
      return nextBytes;
    }

    @Override
    public void lastBytesRead(int bytes) {
      super.lastBytesRead(bytes);
      if (borrowed || bytes <= 0) {
        return;
      }
      if (bytes == nextBytes) {
        nextBytes = Math.min(MAX_BYTES, nextBytes * 2);
      } else if (bytes < nextBytes / 4) {
        nextBytes = Math.max(MIN_BYTES, nextBytes / 2);
      }
    }
  }
}
