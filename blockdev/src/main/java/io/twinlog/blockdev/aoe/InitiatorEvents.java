package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.shelf.ReservableShelf.Holders;
import java.io.IOException;

/** What an {@link Initiator} tells its shelf. */
interface InitiatorEvents {

  /** The target was found, for the first time. */
  void found(TargetIdentity identity);

  /** The chain has ended; {@code error} is null when all of it was carried out. */
  void ended(Work work, IOException error);

  /** The request has ended; {@code holders} is null on error. */
  void reserved(Reserving.Request request, IOException error, Holders holders);

  /** Something an operator may want to know: a line each time it changes. */
  void notice(String line);
}
