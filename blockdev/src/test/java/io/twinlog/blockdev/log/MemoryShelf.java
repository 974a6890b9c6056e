package io.twinlog.blockdev.log;

import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.Shelf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executor;

/**
 * A shelf in memory that can lose power: what was written after the last sync is then kept or lost
 * sector by sector, in any order. Carries a chain out inside {@link #submit}.
 */
final class MemoryShelf implements Shelf {

  /** What a crash does with the sectors that were not synced. */
  enum Crash {
    LOSE_ALL,
    KEEP_ALL,
    KEEP_SOME
  }

  private record Sector(int offset, ByteBuffer data) {}

  private final int sectorBytes;
  private byte[] durable;
  private byte[] current;
  private final List<Sector> unsynced = new ArrayList<>();
  private long stepsLeft = Long.MAX_VALUE;
  private long writes;

  MemoryShelf(long sizeBytes, int sectorBytes) {
    this.sectorBytes = sectorBytes;
    this.durable = new byte[(int) sizeBytes];
    this.current = new byte[(int) sizeBytes];
  }

  /**
   * After this many further writes and syncs the power fails: each step from then on is an error.
   */
  void failAfter(long steps) {
    stepsLeft = steps;
  }

  /** Power is back; what was not synced has been lost or kept. */
  void crash(Crash how, Random random) {
    List<Sector> kept = new ArrayList<>(how == Crash.LOSE_ALL ? List.of() : unsynced);
    if (how == Crash.KEEP_SOME) {
      Collections.shuffle(kept, random);
      int percent = random.nextInt(101);
      kept.removeIf(sector -> random.nextInt(100) >= percent);
    }
    keep(kept);
    current = durable.clone();
    stepsLeft = Long.MAX_VALUE;
  }

  /** Everything there is, synced or not, to be changed behind the shelf's back. */
  ByteBuffer bytes() {
    return ByteBuffer.wrap(current);
  }

  /** Cuts the shelf off, or lets it grow by zeros. */
  void resize(long sizeBytes) {
    current = Arrays.copyOf(current, (int) sizeBytes);
    durable = Arrays.copyOf(durable, (int) sizeBytes);
  }

  /** How many writes were carried out. */
  long writes() {
    return writes;
  }

  @Override
  public String name() {
    return "memory:test";
  }

  @Override
  public long sizeBytes() {
    return current.length;
  }

  @Override
  public int sectorBytes() {
    return sectorBytes;
  }

  @Override
  public void submit(IoChain chain, Executor owner) {
    IOException error = null;
    for (IoChain.Step step : chain.steps()) {
      error = run(step);
      if (error != null) {
        break;
      }
    }
    IOException outcome = error;
    owner.execute(() -> chain.complete(outcome));
  }

  @Override
  public void close() {}

  private IOException run(IoChain.Step step) {
    if (step instanceof IoChain.Read read) {
      read.into()
          .put(read.into().position(), current, (int) read.offsetBytes(), read.into().remaining());
      return null;
    }
    if (stepsLeft == 0) {
      return new IOException("no power");
    }
    stepsLeft--;
    if (step instanceof IoChain.Write write) {
      write((int) write.offsetBytes(), write.data().duplicate());
    } else {
      keep(unsynced);
    }
    return null;
  }

  private void keep(List<Sector> sectors) {
    for (Sector sector : sectors) {
      sector.data().get(0, durable, sector.offset(), sector.data().capacity());
    }
    unsynced.clear();
  }

  private void write(int offset, ByteBuffer data) {
    if (offset % sectorBytes != 0 || data.remaining() % sectorBytes != 0) {
      throw new AssertionError("not whole sectors: " + data.remaining() + " at " + offset);
    }
    writes++;
    for (int at = offset; data.hasRemaining(); at += sectorBytes) {
      byte[] sector = new byte[sectorBytes];
      data.get(sector);
      System.arraycopy(sector, 0, current, at, sectorBytes);
      unsynced.add(new Sector(at, ByteBuffer.wrap(sector)));
    }
  }
}
