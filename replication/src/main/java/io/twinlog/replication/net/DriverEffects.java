package io.twinlog.replication.net;

import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.ReopenableShelf;
import io.twinlog.blockdev.shelf.ReservableShelf;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Completion;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.replication.core.Effects;
import io.twinlog.replication.core.ReplicaEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** Carries out what the core asks for. */
final class DriverEffects implements Effects {

  private final List<Shelf> shelves;
  private final BufferPool buffers;
  private final Turns turns;
  private final EventFeed feed;
  private final SecureRandom random = new SecureRandom();

  DriverEffects(List<Shelf> shelves, BufferPool buffers, Turns turns, EventFeed feed) {
    this.shelves = List.copyOf(shelves);
    this.buffers = buffers;
    this.turns = turns;
    this.feed = feed;
  }

  @Override
  public void submit(IoChain chain) {
    submit(0, chain);
  }

  @Override
  public void submit(int shelf, IoChain chain) {
    shelves.get(shelf).submit(chain, turns::execute);
  }

  @Override
  public void reopenShelf(int shelf, Consumer<IOException> then) {
    if (shelves.get(shelf) instanceof ReopenableShelf reopenable) {
      reopenable.reopen(turns::execute, then);
    }
  }

  @Override
  public void replaceShelf(int shelf, int medium, boolean force, Consumer<IOException> then) {
    if (shelves.get(shelf) instanceof ReopenableShelf reopenable) {
      reopenable.replace(medium, force, turns::execute, then);
    }
  }

  @Override
  public void reserve(int shelf, Command command, Completion then) {
    if (shelves.get(shelf) instanceof ReservableShelf reservable) {
      reservable.reserve(command, turns::execute, then);
    } else {
      String name = shelves.get(shelf).name();
      turns.execute(() -> then.done(new IOException(name + " cannot be reserved"), null));
    }
  }

  @Override
  public boolean mayWriteLate() {
    for (Shelf shelf : shelves) {
      if (shelf.mayWriteLate()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int shelfMedium(int shelf) {
    return shelves.get(shelf) instanceof ReopenableShelf reopenable ? reopenable.medium() : 0;
  }

  @Override
  public ByteBuffer acquireBuffer(int bytes) {
    return buffers.acquire(bytes);
  }

  @Override
  public void releaseBuffer(ByteBuffer buffer) {
    buffers.release(buffer);
  }

  @Override
  public long freshIdentity() {
    long identity;
    do {
      identity = random.nextLong();
    } while (identity == 0);
    return identity;
  }

  @Override
  public long wallClockMillis() {
    return System.currentTimeMillis();
  }

  /** Nothing to do: the replica tells its listeners, and nothing else depends on the role. */
  @Override
  public void leftPrimary() {}

  /** Nothing to do, as in {@link #leftPrimary}. */
  @Override
  public void becamePrimary() {}

  @Override
  public void event(ReplicaEvent event) {
    feed.publish(Instant.now(), event);
  }

  @Override
  public void requestEndTurn() {
    turns.replicaTurnWanted();
  }

  @Override
  public void panic(String what) {
    turns.panic(what);
  }
}
