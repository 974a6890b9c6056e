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
}
