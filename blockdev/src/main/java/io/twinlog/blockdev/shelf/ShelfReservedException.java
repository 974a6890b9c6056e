package io.twinlog.blockdev.shelf;

import java.io.IOException;

/**
 * The shelf refuses whatever this machine asks of it, for it is reserved for others ({@link
 * ReservableShelf}). What it took before that may have been carried out.
 */
public final class ShelfReservedException extends IOException {
  private static final long serialVersionUID = 1L;

  public ShelfReservedException(String message) {
    super(message);
  }
}
