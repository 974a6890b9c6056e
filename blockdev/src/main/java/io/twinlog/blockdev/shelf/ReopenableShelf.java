package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A shelf that can fail and come back while its owner goes on without it. */
public interface ReopenableShelf extends Shelf {

  /**
   * Closes what is open and opens the shelf again, on another thread. Nothing may be under way;
   * until the outcome is told, every chain fails.
   *
   * @param then told by {@code owner} why the shelf cannot be used, or null
   */
  void reopen(Executor owner, Consumer<IOException> then);

  /**
   * As {@link #reopen}, of a medium that is new in this place: it is given the shelf's label first.
   *
   * @param medium number of the new medium
   * @param force also when it holds something; that is lost
   */
  void replace(int medium, boolean force, Executor owner, Consumer<IOException> then);

  /** Which medium was opened last, as its label says. */
  int medium();
}
