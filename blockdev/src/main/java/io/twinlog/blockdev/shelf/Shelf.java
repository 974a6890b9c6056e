package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;

/** One place that keeps bytes when RAM does not: a file or block device, or an AoE target. */
public interface Shelf extends AutoCloseable {

  /** As configured, such as {@code file:/srv/san/r0.img}. */
  String name();

  /** Size in bytes. */
  long sizeBytes() throws IOException;

  /** The smallest unit of a write, which a crash does not tear: 512 or 4096. */
  int sectorBytes();

  /**
   * Carries the chain out on a thread of the shelf and reports by {@code owner.execute(() ->
   * chain.complete(...))}. Never blocks. Reads see every completed write of this and of the other
   * node, never a cache of this machine's.
   */
  void submit(IoChain chain, Executor owner);

  /**
   * Whether a copy of a write whose chain has ended, or a write that was left behind, may still be
   * carried out. Whoever is told that a chain has ended knows by then. Slots do not count.
   */
  default boolean mayWriteLate() {
    return false;
  }

  /** Waits until nothing is under way, then lets go; idempotent. */
  @Override
  void close() throws IOException;

  /**
   * As {@link #close}, but what does not return by the deadline, counted from when it was begun, is
   * left behind: whoever closes the shelf can do without it. {@link #mayWriteLate} until it has
   * returned.
   */
  default void closeWithin(Duration deadline) throws IOException {
    close();
  }
}
