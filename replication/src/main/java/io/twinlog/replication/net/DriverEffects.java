package io.twinlog.replication.net;

import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.replication.core.Effects;
import io.twinlog.replication.core.ReplicaEvent;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;

/** Carries out what the core asks for. */
final class DriverEffects implements Effects {

  private final Shelf shelf;
  private final BufferPool buffers;
  private final Turns turns;
  private final EventFeed feed;
  private final SecureRandom random = new SecureRandom();

  DriverEffects(Shelf shelf, BufferPool buffers, Turns turns, EventFeed feed) {
    this.shelf = shelf;
    this.buffers = buffers;
    this.turns = turns;
    this.feed = feed;
  }

  @Override
  public void submit(IoChain chain) {
    shelf.submit(chain, turns::execute);
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
