package io.twinlog.blockdev.log;

import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.ReopenableShelf;
import io.twinlog.blockdev.shelf.ReservableShelf;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.blockdev.shelf.ShelfSpec;
import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of several shelves: used only while it is there and bears the label that the configuration
 * means, and looked at again whenever it is opened. Chains for one that is not open fail at once.
 */
public final class LabelledShelf implements ReopenableShelf, ReservableShelf {

  private static final Logger log = LoggerFactory.getLogger(LabelledShelf.class);

  private final ShelfSpec spec;
  private final String label;
  private final UncaughtExceptionHandler fatal;
  private final ExpectedBacking expected;
  private final boolean joins;

  /** What is open, or null; guarded by this. */
  private Shelf open;

  /** A label of the backing, once that is known. */
  private Superblock backing;

  /** Which medium was open last; read on any thread. */
  private volatile int medium;

  private IOException why = new IOException("not opened yet");
  private boolean closed;

  /** What has been closed, or is being closed, and may not be at rest yet; or null. */
  private Shelf left;

  /** Opens the shelf at the start; it may take longer than anybody waits for it. */
  private Thread opener;

  /**
   * Opens nothing yet; the rest is as for {@link ShelfSpec#open}.
   *
   * @param joins whether it is opened as by {@link BackingFormat#join}
   */
  public LabelledShelf(
      ShelfSpec spec,
      String label,
      UncaughtExceptionHandler fatal,
      ExpectedBacking expected,
      boolean joins) {
    this.spec = spec;
    this.joins = joins;
    this.label = label;
    this.fatal = fatal;
    this.expected = expected;
  }

  /**
   * Begins to open the shelf.
   *
   * @return waits until it is open, or cannot be opened in time, and gives its label, or null
   */
  public Supplier<Superblock> tryOpen() {
    CompletableFuture<Superblock> opening = new CompletableFuture<>();
    Thread thread = start(() -> opening.complete(open(opening)));
    long end = System.nanoTime() + spec.openLimit().toNanos();
    return () -> await(opening, thread, end);
  }

  private Superblock await(CompletableFuture<Superblock> opening, Thread thread, long endNanos) {
    try {
      return opening.get(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // In both cases it is not open.
    }
    synchronized (this) {
      if (opening.complete(null)) {
        opener = thread;
        why =
            new IOException(
                "shelf %s cannot be opened within %d s: the storage behind it does not answer"
                    .formatted(name(), spec.openLimit().toSeconds()));
      }
    }
    return opening.join();
  }

  /** {@code wanted}: nobody wants it any more when that is complete; or null. */
  private Superblock open(CompletableFuture<Superblock> wanted) {
    try {
      Shelf shelf = spec.open(label, fatal);
      Superblock found;
      try {
        found = joins ? BackingFormat.join(shelf, expected) : BackingFormat.open(shelf, expected);
      } catch (IOException | RuntimeException e) {
        shelf.close();
        throw e;
      }
      String refusal = take(shelf, found, wanted);
      if (refusal != null) {
        shelf.close();
        throw new IOException("shelf " + name() + " " + refusal);
      }
      return found;
    } catch (IOException e) {
      synchronized (this) {
        // Whoever has stopped waiting has said why.
        why = wanted != null && wanted.isDone() ? why : e;
      }
      return null;
    }
  }

  /** Returns why the shelf is not to be used, or null. */
  private synchronized String take(
      Shelf shelf, Superblock found, CompletableFuture<Superblock> wanted) {
    if (closed) {
      return "is closed";
    }
    if (wanted != null && wanted.isDone()) {
      return "was opened too late";
    }
    if (backing != null && !backing.isSameBacking(found)) {
      return "is of another backing than the others";
    }
    open = shelf;
    medium = found.medium();
    why = null;
    if (wanted != null) {
      wanted.complete(found);
    }
    return null;
  }

  /** What the shelves of a majority say: only one with a label of this backing is used. */
  public synchronized void belongsTo(Superblock label) {
    backing = label;
  }

  /** Lets go of a shelf that turned out not to belong with the others. */
  public void refuse(IOException reason) throws IOException {
    Shelf shelf;
    synchronized (this) {
      shelf = open;
      open = null;
      why = reason;
    }
    if (shelf != null) {
      shelf.close();
    }
  }

  /** Why it is not open, or null. */
  public synchronized IOException why() {
    return why;
  }

  @Override
  public void reopen(Executor owner, Consumer<IOException> then) {
    openAnew(() -> {}, owner, then);
  }

  @Override
  public void replace(int newMedium, boolean force, Executor owner, Consumer<IOException> then) {
    openAnew(() -> giveLabel(newMedium, force), owner, then);
  }

  @Override
  public int medium() {
    return medium;
  }

  private void giveLabel(int newMedium, boolean force) throws IOException {
    Superblock known;
    synchronized (this) {
      known = backing;
    }
    try (Shelf shelf = spec.open(label, fatal)) {
      BackingFormat.replace(shelf, known, expected.shelfIndex(), newMedium, force);
    }
  }

  /** Something that blocks, and fails as the shelf does. */
  @FunctionalInterface
  private interface Preparation {
    void run() throws IOException;
  }

  private void openAnew(Preparation first, Executor owner, Consumer<IOException> then) {
    Shelf old;
    Thread earlier;
    synchronized (this) {
      old = open;
      left = open;
      open = null;
      earlier = opener;
      opener = null;
      why = new IOException("shelf " + name() + " is being opened again");
    }
    start(
        () -> {
          try {
            if (earlier != null) {
              earlier.join();
            }
            if (old != null) {
              old.close();
            }
          } catch (IOException | InterruptedException e) {
            log.warn("{}: {}", name(), e.getMessage());
          }
          IOException outcome = prepare(first);
          owner.execute(() -> then.accept(outcome));
        });
  }

  private Thread start(Runnable action) {
    Thread thread = new Thread(action, label.substring(0, Math.min(label.length(), 10)) + "-open");
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler(fatal);
    thread.start();
    return thread;
  }

  /** Returns why it is not open, or null. */
  private IOException prepare(Preparation first) {
    try {
      first.run();
    } catch (IOException e) {
      synchronized (this) {
        why = e;
      }
      return e;
    }
    open(null);
    return why();
  }

  @Override
  public String name() {
    return spec.text();
  }

  @Override
  public synchronized long sizeBytes() throws IOException {
    if (open == null) {
      throw why;
    }
    return open.sizeBytes();
  }

  @Override
  public synchronized int sectorBytes() {
    return open == null ? Layout.BLOCK_BYTES : open.sectorBytes();
  }

  @Override
  public void submit(IoChain chain, Executor owner) {
    Shelf shelf;
    IOException refusal;
    synchronized (this) {
      shelf = open;
      refusal = why;
    }
    if (shelf != null) {
      shelf.submit(chain, owner);
    } else {
      owner.execute(() -> chain.complete(refusal));
    }
  }

  @Override
  public void reserve(Command command, Executor owner, Completion then) {
    Shelf shelf;
    IOException refusal;
    synchronized (this) {
      shelf = open;
      refusal = why;
    }
    if (shelf instanceof ReservableShelf reservable) {
      reservable.reserve(command, owner, then);
    } else {
      IOException error = shelf == null ? refusal : new IOException(name() + " has no reservation");
      owner.execute(() -> then.done(error, null));
    }
  }

  @Override
  public boolean mayWriteLate() {
    Shelf shelf;
    Shelf former;
    synchronized (this) {
      shelf = open;
      former = left;
    }
    return (shelf != null && shelf.mayWriteLate()) || (former != null && former.mayWriteLate());
  }

  /** {@inheritDoc} What does not return by the shelf's deadline is left behind. */
  @Override
  public void close() throws IOException {
    Shelf shelf;
    synchronized (this) {
      closed = true;
      shelf = open;
      left = shelf == null ? left : shelf;
      open = null;
      why = new IOException("shelf " + name() + " is closed");
    }
    if (shelf != null) {
      shelf.closeWithin(spec.deadline());
    }
  }
}
