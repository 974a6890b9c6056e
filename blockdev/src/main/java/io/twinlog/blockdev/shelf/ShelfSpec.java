package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Where a shelf is, as the configuration says it. */
public sealed interface ShelfSpec {

  /**
   * A regular file or block device: {@code file:/srv/san/r0.img}, or {@code
   * file:/srv/san/r0.img?buffered} to go through this machine's page cache.
   *
   * @param path absolute
   * @param buffered allowed only where no other machine ever uses the shelf
   */
  record FileSpec(Path path, boolean buffered) implements ShelfSpec {
    @Override
    public String text() {
      return FILE + path + (buffered ? BUFFERED : "");
    }

    @Override
    public Shelf open(String label, UncaughtExceptionHandler fatal) throws IOException {
      return FileShelf.open(this, label, fatal);
    }

    @Override
    public boolean createIfMissing(long sizeBytes) throws IOException {
      return FileShelfCreation.createIfMissing(this, sizeBytes);
    }
  }

  /** The scheme of {@link FileSpec}. */
  String FILE = "file:";

  /** What ends a {@link FileSpec} that is buffered. */
  String BUFFERED = "?buffered";

  /** The scheme of AoE targets, {@code aoe:eth1/7.0}. */
  String AOE = "aoe:";

  /** As configured; {@link #parse} of it gives an equal one. */
  String text();

  /**
   * Opens the shelf, which must exist, and starts its threads.
   *
   * @param label names the threads, such as {@code r0.0}; up to 10 characters of it are seen
   * @param fatal told when a thread of the shelf dies
   */
  Shelf open(String label, UncaughtExceptionHandler fatal) throws IOException;

  /**
   * Makes the shelf when there is none and that is in our hands.
   *
   * @return whether it was made
   */
  boolean createIfMissing(long sizeBytes) throws IOException;

  /**
   * Reads a shelf's place.
   *
   * @throws IllegalArgumentException with a reason for the operator
   */
  static ShelfSpec parse(String text) {
    if (text.startsWith(FILE)) {
      return parseFile(text);
    }
    if (text.startsWith(AOE)) {
      throw new IllegalArgumentException(
          "shelf " + text + ": AoE shelves are not available in this version");
    }
    throw new IllegalArgumentException(
        "shelf " + text + ": not a shelf; one looks like file:/srv/san/r0.img");
  }

  private static ShelfSpec parseFile(String text) {
    boolean buffered = text.endsWith(BUFFERED);
    int end = text.length() - (buffered ? BUFFERED.length() : 0);
    try {
      Path path = Path.of(text.substring(FILE.length(), end));
      if (path.isAbsolute()) {
        return new FileSpec(path, buffered);
      }
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("shelf " + text + ": " + e.getReason(), e);
    }
    throw new IllegalArgumentException("shelf " + text + ": the path must be absolute");
  }
}
