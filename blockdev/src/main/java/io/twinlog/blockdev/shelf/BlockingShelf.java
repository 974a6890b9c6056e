package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;

/**
 * Runs chains and waits for them: for commands that do one thing after the other, never on an event
 * loop.
 */
public final class BlockingShelf {

  private final Shelf shelf;

  /** The caller keeps and closes the shelf. */
  public BlockingShelf(Shelf shelf) {
    this.shelf = shelf;
  }

  /** Fills the remaining space of the buffer, whose position does not move. */
  public void read(String name, long offsetBytes, ByteBuffer into) throws IOException {
    run(name, chain -> chain.read(offsetBytes, into));
  }

  /** Writes the remaining bytes of the buffer, whose position does not move, and syncs. */
  public void writeDurably(String name, long offsetBytes, ByteBuffer data) throws IOException {
    run(name, chain -> chain.write(offsetBytes, data).sync());
  }

  /** Runs a chain of the data lane with the steps that {@code steps} adds. */
  public void run(String name, UnaryOperator<IoChain> steps) throws IOException {
    CountDownLatch done = new CountDownLatch(1);
    IOException[] outcome = new IOException[1];
    IoChain chain =
        new IoChain(
            name,
            IoChain.Lane.DATA,
            error -> {
              outcome[0] = error;
              done.countDown();
            });
    shelf.submit(steps.apply(chain), Runnable::run);
    await(done);
    if (outcome[0] != null) {
      throw outcome[0];
    }
  }

  /** Changes the reservation and waits for the outcome. */
  public static ReservableShelf.Holders reserve(
      ReservableShelf shelf, ReservableShelf.Command command) throws IOException {
    CountDownLatch done = new CountDownLatch(1);
    IOException[] outcome = new IOException[1];
    ReservableShelf.Holders[] found = new ReservableShelf.Holders[1];
    shelf.reserve(
        command,
        Runnable::run,
        (error, holders) -> {
          outcome[0] = error;
          found[0] = holders;
          done.countDown();
        });
    await(done);
    if (outcome[0] != null) {
      throw outcome[0];
    }
    return found[0];
  }

  /** The shelf has the buffers until the end, so an interrupt cannot cut the wait short. */
  private static void await(CountDownLatch done) {
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
