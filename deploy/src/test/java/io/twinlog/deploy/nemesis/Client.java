package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.Content;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.nemesis.history.Operation;
import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads and writes at whichever node serves, one request at a time, and notes each with its times.
 * When a connection breaks, or an answer takes too long, it tries both nodes in turn, as users do.
 */
final class Client implements ClientThread {

  private static final int CONNECT_MILLIS = 1_000;
  private static final long RETRY_MILLIS = 30;
  private static final int MAX_PAUSE_MILLIS = 40;

  private final int number;
  private final List<NodeProcess> nodes;
  private final History history;
  private final SplittableRandom random;
  private final int patienceMillis;
  private final AtomicLong answered;
  private final AtomicLong errors;

  private int at;
  private NbdClient connection;
  private long writes;
  private volatile boolean stopped;

  /**
   * A client that has not begun.
   *
   * @param number its place among all clients
   * @param patienceMillis how long it waits for an answer
   * @param answered counts answers
   * @param errors counts requests answered with an error
   */
  Client(
      int number,
      List<NodeProcess> nodes,
      History history,
      long seed,
      int patienceMillis,
      AtomicLong answered,
      AtomicLong errors) {
    this.number = number;
    this.nodes = nodes;
    this.history = history;
    this.random = new SplittableRandom(seed + number);
    this.patienceMillis = patienceMillis;
    this.answered = answered;
    this.errors = errors;
  }

  @Override
  public void run() {
    while (!stopped) {
      if (connect()) {
        request();
        park(random.nextInt(MAX_PAUSE_MILLIS));
      } else {
        at = (at + 1) % nodes.size();
        park(RETRY_MILLIS);
      }
    }
    disconnect();
  }

  @Override
  public void stop() {
    stopped = true;
  }

  private boolean connect() {
    if (connection != null) {
      return true;
    }
    try {
      connection = NbdClient.open(nodes.get(at), CONNECT_MILLIS, patienceMillis);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void disconnect() {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }

  private void request() {
    Cells.Range range = Cells.pick(random);
    boolean write = random.nextInt(5) < 3;
    long[] values = new long[range.blocks()];
    byte[] data = null;
    if (write) {
      long value = ((long) number + 1) << 32 | ++writes;
      Arrays.fill(values, value);
      data = Content.of(value, range.firstBlock(), range.blocks());
    }
    long invoked = System.nanoTime();
    try {
      if (write) {
        history.sends(operation(Operation.Kind.WRITE, range, values, invoked, Operation.NEVER));
        connection.write((long) range.firstBlock() * Content.BLOCK_BYTES, data);
        note(Operation.Kind.WRITE, range, values, invoked, System.nanoTime());
      } else {
        values = read(connection, range);
        note(Operation.Kind.READ, range, values, invoked, System.nanoTime());
      }
      answered.incrementAndGet();
    } catch (IOException e) {
      // An error is no promise that nothing was written.
      if (write) {
        note(Operation.Kind.WRITE, range, values, invoked, Operation.NEVER);
      }
      if (e instanceof NbdClient.Refused) {
        errors.incrementAndGet();
        history.tell("client " + number + ": " + nodes.get(at).name() + ": " + e.getMessage());
      }
      disconnect();
    }
  }

  /** The values of some blocks. */
  static long[] read(NbdClient from, Cells.Range range) throws IOException {
    byte[] data =
        from.read(
            (long) range.firstBlock() * Content.BLOCK_BYTES, range.blocks() * Content.BLOCK_BYTES);
    return Content.values(data, range.firstBlock());
  }

  private void note(
      Operation.Kind kind, Cells.Range range, long[] values, long invoked, long answeredNanos) {
    history.add(operation(kind, range, values, invoked, answeredNanos));
  }

  private Operation operation(
      Operation.Kind kind, Cells.Range range, long[] values, long invoked, long answeredNanos) {
    String node = nodes.get(at).name();
    return new Operation(kind, number, node, range.firstBlock(), values, invoked, answeredNanos);
  }

  private static void park(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
