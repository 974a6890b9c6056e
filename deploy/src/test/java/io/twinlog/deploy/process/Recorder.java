package io.twinlog.deploy.process;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Clients that write to whichever node serves, and know what was acknowledged to them. */
final class Recorder implements AutoCloseable {

  private static final int LANES = 4;
  private static final int MAX_BLOCKS = 16;
  private static final long LIMIT_SECONDS = 90;

  private final List<RecorderLane> lanes = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();
  private long acknowledged;

  private Recorder(List<NodeProcess> nodes, long sizeBytes, int count, int min, int max) {
    int blocks = (int) (sizeBytes / Blocks.BYTES / count);
    for (int i = 0; i < count; i++) {
      RecorderLane lane = new RecorderLane(nodes, this::count, i * blocks, blocks, min, max, i);
      lanes.add(lane);
      Thread thread = new Thread(lane, "recorder-" + i);
      thread.setDaemon(true);
      threads.add(thread);
    }
  }

  /** Starts writing to the whole device. */
  static Recorder start(Pair pair) {
    return start(pair, LANES, 1, MAX_BLOCKS);
  }

  /** Starts as many clients, with requests of as many blocks, at least and at most. */
  static Recorder start(Pair pair, int clients, int minBlocks, int maxBlocks) {
    Recorder recorder = new Recorder(pair.nodes(), pair.sizeBytes(), clients, minBlocks, maxBlocks);
    recorder.threads.forEach(Thread::start);
    return recorder;
  }

  /** How many requests were not answered and were found to have happened wholly or not at all. */
  long settled() {
    return lanes.stream().mapToLong(RecorderLane::settled).sum();
  }

  private void count() {
    lock.lock();
    try {
      acknowledged++;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  long acknowledged() {
    lock.lock();
    try {
      return acknowledged;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until that many more writes are acknowledged. */
  void awaitMore(long count) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    lock.lock();
    try {
      long goal = acknowledged + count;
      while (acknowledged < goal) {
        lanes.forEach(RecorderLane::orFail);
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError(
              "only " + (acknowledged - goal + count) + " of " + count + " writes acknowledged");
        }
        // Wakes now and then without progress, too, to see whether a lane has failed.
        progress.awaitNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    } finally {
      lock.unlock();
    }
  }

  /** Stops writing; every lane has then had its answer, or has lost its connection. */
  Recorder stop() throws InterruptedException {
    lanes.forEach(RecorderLane::stop);
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(LIMIT_SECONDS));
      if (thread.isAlive()) {
        throw new AssertionError(thread.getName() + " waits for an answer");
      }
    }
    lanes.forEach(RecorderLane::orFail);
    return this;
  }

  /** Compares the whole device, as a node serves it, with what was acknowledged. */
  void verify(NodeProcess node) throws IOException {
    try (NbdClient reader = NbdClient.open(node, 60_000)) {
      for (RecorderLane lane : lanes) {
        lane.verify(reader);
      }
    }
  }

  @Override
  public void close() {
    lanes.forEach(RecorderLane::stop);
    threads.forEach(Thread::interrupt);
  }
}
