package io.twinlog.deploy.nemesis.fuse;

import io.twinlog.blockdev.log.Stagger;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One node's way to one shelf, with what can happen on it: requests stall, and are carried out when
 * the stall ends, whoever sent them; requests fail; a write lands in part only. Used by many
 * threads at once.
 */
public final class StoragePath {

  /** errno(3). */
  public static final int EIO = 5;

  /** errno(3): a thinly provisioned disk is full; reads still work. */
  public static final int ENOSPC = 28;

  /** What a node asks of the disk. */
  public enum Kind {
    READ,
    WRITE,
    /** A cache flush. */
    FLUSH
  }

  /** Smaller writes are slots, whose sectors are never torn. */
  private static final int TORN_MIN_BYTES = 4 * Storage.SECTOR_BYTES;

  /** What a kernel is told about a request that failed. */
  static final class Failed extends IOException {
    private static final long serialVersionUID = 1;
    private final int errno;

    Failed(int errno) {
      super("errno " + errno, null);
      this.errno = errno;
    }

    int errno() {
      return errno;
    }
  }

  private final Storage storage;
  private final Stagger stagger;
  private final int shelf;

  // Guarded by this.
  private boolean stalled;
  private Place stalledWrites;
  private long stalls;
  private Place awaited;
  private Runnable whenLanded;
  private boolean closed;
  private int errno;
  private final Set<Kind> failing = EnumSet.noneOf(Kind.class);
  private SplittableRandom tear;
  private Runnable torn;
  private int waiting;
  private long requests;
  private long failures;

  StoragePath(Storage storage, Stagger stagger, int shelf) {
    this.storage = storage;
    this.stagger = stagger;
    this.shelf = shelf;
  }

  /** From now on requests wait; also those that are being sent in parts. */
  public synchronized void stall() {
    stalled = true;
  }

  /** From now on writes to such a place wait, or with null none; what waits already goes on. */
  public synchronized void stallWrites(Place place) {
    stalledWrites = place;
    stalls++;
    notifyAll();
  }

  /** Runs something as soon as the next write to such a place has landed, before it is answered. */
  public synchronized void afterNextWrite(Place place, Runnable then) {
    awaited = place;
    whenLanded = then;
  }

  /** From now on requests of these kinds fail. */
  public synchronized void fail(int withErrno, Kind... kinds) {
    errno = withErrno;
    failing.clear();
    failing.addAll(List.of(kinds));
  }

  /**
   * Of the next write that is longer than a slot only a first part lands, and it fails.
   *
   * @param seed decides how much of it lands
   * @param then run when it has landed, before anybody is told
   */
  public synchronized void tearNextWrite(long seed, Runnable then) {
    tear = new SplittableRandom(seed);
    torn = then;
  }

  /** Ends everything; what waits is carried out. */
  public synchronized void heal() {
    stalled = false;
    stalledWrites = null;
    awaited = null;
    failing.clear();
    tear = null;
    torn = null;
    notifyAll();
  }

  /** How many requests a stall holds up. */
  public synchronized int waiting() {
    return waiting;
  }

  /** How many requests have come, and how many of them failed, for the story of a run. */
  public synchronized String counts() {
    return requests + " requests, " + failures + " failed";
  }

  /** For good: the mount is going away. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  long sizeBytes() {
    return storage.sizeBytes();
  }

  void read(ByteBuffer into, long offsetBytes) throws IOException {
    pass(Kind.READ, null);
    storage.read(into, offsetBytes);
  }

  void write(ByteBuffer from, long offsetBytes) throws IOException {
    Place place = Place.of(stagger, shelf, offsetBytes);
    pass(Kind.WRITE, place);
    Runnable then = takeTear(from);
    storage.write(from, offsetBytes);
    if (then != null) {
      then.run();
      throw new Failed(EIO);
    }
    landed(place).run();
  }

  /** What has been written survives every process; only this machine's end would lose it. */
  void sync() throws IOException {
    pass(Kind.FLUSH, null);
  }

  private synchronized Runnable landed(Place place) {
    if (place != awaited) {
      return () -> {};
    }
    awaited = null;
    return whenLanded;
  }

  private synchronized void pass(Kind kind, Place place) throws IOException {
    requests++;
    if (isHeldUp(place)) {
      awaitHealing(place);
    }
    if (failing.contains(kind)) {
      failures++;
      throw new Failed(errno);
    }
  }

  private boolean isHeldUp(Place place) {
    return (stalled || (place != null && place == stalledWrites)) && !closed;
  }

  private synchronized void awaitHealing(Place place) throws IOException {
    waiting++;
    notifyAll();
    long since = stalls;
    try {
      while (isHeldUp(place) && since == stalls) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failed(EIO);
    } finally {
      waiting--;
    }
  }

  private synchronized Runnable takeTear(ByteBuffer from) {
    if (tear == null || from.remaining() < TORN_MIN_BYTES) {
      return null;
    }
    int sectors = from.remaining() / Storage.SECTOR_BYTES;
    from.limit(from.position() + tear.nextInt(sectors) * Storage.SECTOR_BYTES);
    tear = null;
    failures++;
    return torn;
  }
}
