package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.util.concurrent.Executor;

/**
 * A shelf with a list of those that it takes reads and writes from; an empty list is everybody.
 * Anybody may change the list, whether on it or not.
 */
public interface ReservableShelf extends Shelf {

  /** What is to become of the list. */
  enum Command {
    /** Nothing. */
    READ,
    /** It is this machine alone. */
    CLAIM,
    /** This machine is on it, too, if it was not and the list is not empty. */
    JOIN,
    /** It is empty. */
    LIFT
  }

  /**
   * Who is on the list.
   *
   * @param empty nobody, so that everybody may use the shelf
   * @param self every address that this machine uses the shelf from
   * @param others anybody else
   */
  record Holders(boolean empty, boolean self, boolean others) {

    /** Whether reads and writes of this machine are refused. */
    public boolean isLockedOut() {
      return !empty && !self;
    }

    /** Whether everybody else's are. */
    public boolean isExclusive() {
      return self && !others;
    }
  }

  /** Told the outcome on the owner's event loop; {@code holders} is null on error. */
  @FunctionalInterface
  interface Completion {
    void done(IOException error, Holders holders);
  }

  /**
   * Changes the list and reads it back. Begins when no copy of an earlier write can be on its way
   * any more, a dead process's included, and ends when no copy of the command can; so who has no
   * write under way from the call to the outcome has none at any moment at which it may take
   * effect. Never blocks. After an error the command has taken effect or never will.
   */
  void reserve(Command command, Executor owner, Completion then);
}
