package io.twinlog.deploy.nemesis.fuse;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** All ways of one node: what happens on its cable to the SAN happens to every shelf. */
public final class StoragePaths {

  private static final long LOOK_MILLIS = 5;

  private final List<StoragePath> paths;

  /** Those to the shelves in their order. */
  public StoragePaths(List<StoragePath> paths) {
    this.paths = List.copyOf(paths);
  }

  /** The way to a shelf, from 0. */
  public StoragePath to(int shelf) {
    return paths.get(shelf);
  }

  /** See {@link StoragePath#stall}. */
  public void stall() {
    paths.forEach(StoragePath::stall);
  }

  /** See {@link StoragePath#stallWrites}. */
  public void stallWrites(Place place) {
    paths.forEach(path -> path.stallWrites(place));
  }

  /** See {@link StoragePath#afterNextWrite}; runs it for each shelf. */
  public void afterNextWrite(Place place, Runnable then) {
    paths.forEach(path -> path.afterNextWrite(place, then));
  }

  /** See {@link StoragePath#fail}. */
  public void fail(int withErrno, StoragePath.Kind... kinds) {
    paths.forEach(path -> path.fail(withErrno, kinds));
  }

  /** See {@link StoragePath#tearNextWrite}; one write to each shelf. */
  public void tearNextWrite(long seed, Runnable then) {
    paths.forEach(path -> path.tearNextWrite(seed, then));
  }

  /** See {@link StoragePath#heal}. */
  public void heal() {
    paths.forEach(StoragePath::heal);
  }

  /** How many requests stalls hold up. */
  public int waiting() {
    return paths.stream().mapToInt(StoragePath::waiting).sum();
  }

  /** Waits until a stall holds up a request; false after that many milliseconds without one. */
  public boolean awaitWaiting(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (waiting() == 0 && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
    }
    return waiting() > 0;
  }
}
