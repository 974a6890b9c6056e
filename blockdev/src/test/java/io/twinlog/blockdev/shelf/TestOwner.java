package io.twinlog.blockdev.shelf;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An owner's loop that runs in the test's thread, and the outcomes it was told. */
final class TestOwner implements Executor {

  /** A chain's outcome; {@code error} is null when all was done. */
  record Outcome(String chain, IOException error, Thread thread) {}

  private final BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
  private final List<Outcome> outcomes = new ArrayList<>();

  @Override
  public void execute(Runnable command) {
    queue.add(command);
  }

  IoChain chain(String name, IoChain.Lane lane) {
    return new IoChain(
        name, lane, error -> outcomes.add(new Outcome(name, error, Thread.currentThread())));
  }

  /** Runs what comes until another chain has ended. */
  Outcome next() throws InterruptedException {
    int before = outcomes.size();
    while (outcomes.size() == before) {
      runNext();
    }
    return outcomes.get(before);
  }

  /** Runs one command that the shelf handed over. */
  void runNext() throws InterruptedException {
    Runnable command = queue.poll(30, TimeUnit.SECONDS);
    assertNotNull(command, "nothing was reported");
    command.run();
  }

  List<Outcome> outcomes() {
    return outcomes;
  }
}
