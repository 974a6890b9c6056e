package io.twinlog.deploy.process;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * One client of a recorder: writes to a region of its own, one request at a time, and knows of each
 * block the version that was acknowledged last. When its connection is lost it looks for the node
 * that serves now, and finds out what became of the request whose answer it did not get: it must
 * have happened as a whole, or not at all.
 */
final class RecorderLane implements Runnable {

  private static final int READ_BLOCKS = 16;
  private static final Duration RETRY = Duration.ofMillis(20);
  private static final Duration RECONNECT_LIMIT = Duration.ofSeconds(60);

  /** How long a request may take before the connection is given up. */
  private static final int ANSWER_MILLIS = 60_000;

  private final List<NodeProcess> nodes;
  private final Runnable acknowledged;
  private final SplittableRandom random;
  private final int firstBlock;
  private final int[] versions;
  private final int minBlocks;
  private final int maxBlocks;

  private NbdClient client;
  private int version;
  private int pendingFirst;
  private int pendingCount;
  private final AtomicLong settled = new AtomicLong();
  private volatile boolean stopped;
  private volatile Throwable failure;

  /**
   * @param acknowledged called after each acknowledged write
   */
  RecorderLane(
      List<NodeProcess> nodes,
      Runnable acknowledged,
      int firstBlock,
      int blocks,
      int minBlocks,
      int maxBlocks,
      long seed) {
    this.nodes = nodes;
    this.acknowledged = acknowledged;
    this.firstBlock = firstBlock;
    this.versions = new int[blocks];
    this.minBlocks = minBlocks;
    this.maxBlocks = maxBlocks;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public void run() {
    try {
      while (!stopped) {
        try {
          if (client == null) {
            connect();
            settle();
          }
          writeOne();
        } catch (IOException e) {
          disconnect();
        }
      }
    } catch (Throwable e) {
      failure = e;
    } finally {
      disconnect();
    }
  }

  /** Ends after the request under way; if that is stuck, by closing its connection. */
  void stop() {
    stopped = true;
  }

  /** How many requests were not answered and were found to have happened wholly or not at all. */
  long settled() {
    return settled.get();
  }

  void orFail() {
    if (failure != null) {
      throw new AssertionError("a recorder lane failed", failure);
    }
  }

  private void writeOne() throws IOException {
    int count = random.nextInt(minBlocks, maxBlocks + 1);
    pendingFirst = random.nextInt(versions.length - count + 1);
    pendingCount = count;
    version++;
    client.write(
        (long) (firstBlock + pendingFirst) * Blocks.BYTES,
        Blocks.content(firstBlock + pendingFirst, count, version));
    settledAs(true);
    acknowledged.run();
  }

  private void settledAs(boolean happened) {
    if (happened) {
      for (int i = pendingFirst; i < pendingFirst + pendingCount; i++) {
        versions[i] = version;
      }
    }
    pendingCount = 0;
  }

  private void connect() throws IOException {
    long deadline = System.nanoTime() + RECONNECT_LIMIT.toNanos();
    IOException last = null;
    while (!stopped && System.nanoTime() - deadline < 0) {
      for (NodeProcess node : nodes) {
        try {
          client = NbdClient.open(node, ANSWER_MILLIS);
          return;
        } catch (IOException e) {
          last = e;
        }
      }
      LockSupport.parkNanos(RETRY.toNanos());
    }
    if (stopped) {
      throw new IOException("stopped", last);
    }
    throw new AssertionError("nobody serves r0", last);
  }

  private void disconnect() {
    if (client != null) {
      client.close();
      client = null;
    }
  }

  /** Finds out about the request whose outcome is unknown. */
  private void settle() throws IOException {
    if (pendingCount == 0) {
      return;
    }
    byte[] found =
        client.read((long) (firstBlock + pendingFirst) * Blocks.BYTES, pendingCount * Blocks.BYTES);
    boolean happened = Blocks.is(found, 0, firstBlock + pendingFirst, version);
    for (int i = 0; i < pendingCount; i++) {
      int expected = happened ? version : versions[pendingFirst + i];
      if (!Blocks.is(found, i, firstBlock + pendingFirst + i, expected)) {
        throw new AssertionError(
            "block "
                + (firstBlock + pendingFirst + i)
                + " of a request of "
                + pendingCount
                + " blocks that was not answered: version "
                + expected
                + " is not there, though the request did "
                + (happened ? "" : "not ")
                + "happen");
      }
    }
    settledAs(happened);
    settled.incrementAndGet();
  }

  /** Reads the whole region: each block has the version that was acknowledged last. */
  void verify(NbdClient reader) throws IOException {
    client = reader;
    try {
      settle();
    } finally {
      client = null;
    }
    for (int block = 0; block < versions.length; block += READ_BLOCKS) {
      int count = Math.min(READ_BLOCKS, versions.length - block);
      byte[] found = reader.read((long) (firstBlock + block) * Blocks.BYTES, count * Blocks.BYTES);
      for (int i = 0; i < count; i++) {
        if (!Blocks.is(found, i, firstBlock + block + i, versions[block + i])) {
          throw new AssertionError(
              "block "
                  + (firstBlock + block + i)
                  + ": acknowledged version "
                  + versions[block + i]
                  + " is not there");
        }
      }
    }
  }
}
