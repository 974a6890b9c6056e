package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.process.NodeProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Several clients at once, from start to stop. */
final class Clients {

  private static final int CHANGING = 6;
  private static final int LOYAL = 4;

  /** How many numbers of clients they need. */
  static final int COUNT = CHANGING + LOYAL;

  private static final long END_SECONDS = 90;

  private final List<ClientThread> clients = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong answered = new AtomicLong();
  private final AtomicLong errors = new AtomicLong();

  /**
   * Clients that have not begun.
   *
   * @param first the number of the first; two with one number would write the same
   */
  Clients(List<NodeProcess> nodes, History history, long seed, int first) {
    for (int i = first; i < first + CHANGING; i++) {
      // Some give a request up early, and some wait for as long as any fault lasts.
      int patienceMillis = i % 2 == 0 ? 2_000 : 60_000;
      add(i, new Client(i, nodes, history, seed, patienceMillis, answered, errors));
    }
    for (int i = first + CHANGING; i < first + COUNT; i++) {
      add(i, new LoyalClient(i, nodes, history, seed, answered, errors));
    }
  }

  private void add(int number, ClientThread client) {
    clients.add(client);
    Thread thread = new Thread(client, "client-" + number);
    thread.setDaemon(true);
    threads.add(thread);
  }

  void start() {
    threads.forEach(Thread::start);
  }

  long answered() {
    return answered.get();
  }

  /** How many requests were answered with an error. */
  long errors() {
    return errors.get();
  }

  /** Waits until that many more requests are answered. */
  void awaitMore(long count, long seconds) {
    long goal = answered.get() + count;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (answered.get() < goal) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(
            "only "
                + (count - goal + answered.get())
                + " of "
                + count
                + " requests were answered in "
                + seconds
                + " s");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** Ends them; everything they know is in the history then. */
  void stop() throws InterruptedException {
    clients.forEach(ClientThread::stop);
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(END_SECONDS));
      if (thread.isAlive()) {
        throw new AssertionError(thread.getName() + " waits for an answer");
      }
    }
  }
}
