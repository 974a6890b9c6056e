package io.twinlog.deploy.process;

import java.io.IOException;

/**
 * Runs of fio, one after the other; each reads back all that it has written. Slow enough for a
 * backing over bad wires to follow.
 */
final class FioRounds implements AutoCloseable {

  private static final int DEPTH = 16;

  private final Pair pair;
  private final NodeProcess node;
  private final Thread thread = new Thread(this::run, "fio-rounds");
  private int rounds;
  private volatile boolean stopping;
  private Throwable failure;

  private FioRounds(Pair pair, NodeProcess node) {
    this.pair = pair;
    this.node = node;
  }

  static FioRounds start(Pair pair, NodeProcess node) {
    FioRounds started = new FioRounds(pair, node);
    started.thread.setDaemon(true);
    started.thread.start();
    return started;
  }

  private void run() {
    try {
      while (!stopping) {
        try (Fio fio = Fio.verifyingSlowly(pair, node, DEPTH)) {
          fio.orFail();
          rounds++;
        }
      }
    } catch (IOException | InterruptedException | AssertionError e) {
      failure = e;
    }
  }

  /** Waits for the end of the last run: none had an error, or a block that was not as written. */
  int orFail() throws InterruptedException {
    stopping = true;
    thread.join();
    if (failure != null) {
      throw new AssertionError("after " + rounds + " runs of fio", failure);
    }
    return rounds;
  }

  @Override
  public void close() {
    stopping = true;
    thread.interrupt();
  }
}
