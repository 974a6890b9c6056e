package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Clients that ask for more than anybody can give. */
final class Flood {

  private static final int CONNECTIONS = 8;
  private static final int REQUEST_BYTES = 1 << 20;
  private static final int TIMEOUT_MILLIS = 60_000;
  private static final int BLOCK_BYTES = 4096;

  private final NodeProcess node;

  Flood(NodeProcess node) {
    this.node = node;
  }

  /**
   * Goes on sending until so many writes were taken, and reads no answer; half of the clients
   * write, and half read.
   */
  void neverRead(int writes) throws IOException, InterruptedException {
    CountDownLatch taken = new CountDownLatch(writes);
    List<NbdClient> clients = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      NbdClient client = NbdClient.open(node, TIMEOUT_MILLIS, TIMEOUT_MILLIS);
      clients.add(client);
      boolean isWriter = i % 2 == 0;
      Thread thread = new Thread(() -> send(client, isWriter ? taken : null), "flood-" + i);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    boolean inTime = taken.await(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    for (NbdClient client : clients) {
      client.abort();
    }
    for (Thread thread : threads) {
      thread.join(TIMEOUT_MILLIS);
    }
    if (!inTime) {
      throw new AssertionError(taken.getCount() + " of " + writes + " writes were not taken");
    }
  }

  /** Writes, and counts that, or else reads. */
  private static void send(NbdClient client, CountDownLatch writes) {
    byte[] data = new byte[REQUEST_BYTES];
    try {
      while (true) {
        if (writes == null) {
          client.sendRead(0, REQUEST_BYTES);
        } else {
          client.sendWrite(0, data);
          writes.countDown();
        }
      }
    } catch (IOException e) {
      // The end, or the node has had enough of this client.
    }
  }

  /** So many at once, each of which gets what it asks for. */
  void manyConnections(int count) throws IOException {
    List<NbdClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        clients.add(NbdClient.open(node, TIMEOUT_MILLIS, TIMEOUT_MILLIS));
      }
      byte[] data = new byte[BLOCK_BYTES];
      for (int i = 0; i < count; i++) {
        Arrays.fill(data, (byte) i);
        clients.get(i).write(0, data);
        if (!Arrays.equals(data, clients.get(count - 1 - i).read(0, BLOCK_BYTES))) {
          throw new AssertionError("connection " + (count - 1 - i) + " reads something else");
        }
      }
    } finally {
      clients.forEach(NbdClient::close);
    }
  }
}
