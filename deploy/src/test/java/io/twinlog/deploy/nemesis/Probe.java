package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A client that writes blocks all over the device, one after the other, and times each. */
final class Probe implements AutoCloseable {

  private static final int BLOCK_BYTES = 4096;
  private static final int BLOCKS = (Site.SIZE_MIB << 20) / BLOCK_BYTES;
  private static final int ANSWER_MILLIS = 60_000;
  private static final long PAUSE_MILLIS = 2;

  private final NbdClient client;
  private final Thread thread;
  private final SplittableRandom random = new SplittableRandom(1);

  // Guarded by this.
  private List<Long> nanos = new ArrayList<>();
  private IOException failure;

  private volatile boolean stopped;

  private Probe(NbdClient client) {
    this.client = client;
    thread = new Thread(this::write, "probe");
    thread.setDaemon(true);
  }

  static Probe start(NodeProcess node) throws IOException {
    Probe probe = new Probe(NbdClient.open(node, 5_000, ANSWER_MILLIS));
    probe.thread.start();
    return probe;
  }

  private void write() {
    byte[] data = new byte[BLOCK_BYTES];
    try {
      while (!stopped) {
        random.nextBytes(data);
        long start = System.nanoTime();
        client.write((long) random.nextInt(BLOCKS) * BLOCK_BYTES, data);
        add(System.nanoTime() - start);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  private synchronized void add(long took) {
    nanos.add(took);
  }

  private synchronized void fail(IOException e) {
    failure = e;
  }

  /** How long writes took. */
  record Latency(int writes, double medianMillis, double maxMillis) {}

  /** The writes answered since the last call. */
  synchronized Latency take() {
    if (failure != null) {
      throw new AssertionError("a write failed", failure);
    }
    List<Long> sorted = nanos;
    nanos = new ArrayList<>();
    if (sorted.isEmpty()) {
      return new Latency(0, 0, 0);
    }
    Collections.sort(sorted);
    return new Latency(
        sorted.size(), sorted.get(sorted.size() / 2) / 1e6, sorted.get(sorted.size() - 1) / 1e6);
  }

  /** Ends after the write under way. */
  @Override
  public void close() {
    stopped = true;
    try {
      thread.join(ANSWER_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
