package io.twinlog.replication.core;

import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.ram.MappedRam;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.ReservableShelf;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Completion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * What the core asks of the world. Carried out at once or queued, in the order of the calls; none
 * blocks, and none calls the core back before it has returned.
 */
public interface Effects {

  /**
   * Carries out backing I/O; {@link IoChain#complete} is to be called on the resource's event loop
   * later, never inside this call. With several shelves, to the first of them.
   */
  void submit(IoChain chain);

  /** As {@link #submit(IoChain)}, to one of several shelves, which is counted from 0. */
  default void submit(int shelf, IoChain chain) {
    if (shelf != 0) {
      throw new IllegalArgumentException("there is no shelf " + shelf);
    }
    submit(chain);
  }

  /**
   * One of several shelves has failed: it is to be opened anew, and its label looked at. Nothing is
   * under way on it.
   *
   * @param then told on the loop, later, why it cannot be used, or null
   */
  default void reopenShelf(int shelf, Consumer<IOException> then) {}

  /**
   * Gives a new medium in the place of one of several shelves its label, and opens it. Nothing is
   * under way on it.
   *
   * @param medium number of the new medium
   * @param force also when it holds something
   * @param then told on the loop, later, why it cannot be used, or null
   */
  default void replaceShelf(int shelf, int medium, boolean force, Consumer<IOException> then) {}

  /** Which medium of one of several shelves was opened last, as its label says. */
  default int shelfMedium(int shelf) {
    return 0;
  }

  /**
   * Changes for whom one of several shelves, or the only one, is reserved, as {@link
   * ReservableShelf#reserve} does.
   *
   * @param then told on the loop, later
   */
  default void reserve(int shelf, Command command, Completion then) {
    throw new UnsupportedOperationException("no reservations");
  }

  /**
   * Whether a copy of a write, slots aside, may still be carried out although its chain has ended.
   */
  default boolean mayWriteLate() {
    return false;
  }

  /**
   * A direct buffer, 4096-aligned, position 0, limit {@code bytes}, with any content. The core
   * gives each back exactly once.
   *
   * @param bytes a multiple of 512, at most {@link ReplicaConfig#PIECE_BYTES}
   */
  ByteBuffer acquireBuffer(int bytes);

  void releaseBuffer(ByteBuffer buffer);

  /**
   * Memory for as many bytes, whose pages come when they are first touched; the core closes it.
   *
   * @throws UncheckedIOException when there is not enough memory
   */
  default RamDevice scratchMemory(long bytes) {
    return MappedRam.unlocked(bytes);
  }

  /**
   * What a wall clock shows, in milliseconds since 1970, or 0 where there is none: it goes into
   * records that people read, and decides nothing.
   */
  default long wallClockMillis() {
    return 0;
  }

  /** A number never returned before, by any node, and not 0 (incarnations, nonces). */
  long freshIdentity();

  /** Every client connection is to be closed now; request outcomes follow or precede. */
  void leftPrimary();

  /** Clients may be served from now on. */
  void becamePrimary();

  /** Something an operator or a script wants to know, one line each. */
  void event(ReplicaEvent event);

  /**
   * The core has work at the end of this turn of the loop: call {@link Replica#endTurn} once, when
   * the events at hand have been taken in.
   */
  void requestEndTurn();

  /** An invariant is broken: stop the node at once so that its peer takes over. */
  void panic(String what);
}
