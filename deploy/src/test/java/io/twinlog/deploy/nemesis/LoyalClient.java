package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.history.Content;
import io.twinlog.deploy.nemesis.history.History;
import io.twinlog.deploy.nemesis.history.Operation;
import io.twinlog.deploy.process.NbdClient;
import io.twinlog.deploy.process.NodeProcess;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Stays with the node that serves it for as long as the connection lasts, and goes on asking while
 * answers are outstanding, as many a program does whose requests are queued by a kernel. So a
 * primary that was paused finds, when it wakes up, requests that were sent after another node had
 * taken its place.
 */
final class LoyalClient implements ClientThread {

  private static final int CONNECT_MILLIS = 1_000;
  private static final int PATIENCE_MILLIS = 60_000;
  private static final long RETRY_MILLIS = 30;
  private static final int MAX_OPEN = 300;
  private static final int MAX_PAUSE_MILLIS = 150;
  private static final int MAX_BLOCKS = 4;
  private static final long LAST_ANSWERS_MILLIS = 1_000;

  private final int number;
  private final List<NodeProcess> nodes;
  private final History history;
  private final SplittableRandom random;
  private final AtomicLong answered;
  private final AtomicLong errors;

  private int at;
  private long writes;
  private volatile boolean stopped;

  /**
   * A client that has not begun.
   *
   * @param number its place among all clients
   * @param answered counts answers
   * @param errors counts requests answered with an error
   */
  LoyalClient(
      int number,
      List<NodeProcess> nodes,
      History history,
      long seed,
      AtomicLong answered,
      AtomicLong errors) {
    this.number = number;
    this.nodes = nodes;
    this.history = history;
    this.random = new SplittableRandom(seed + number);
    this.answered = answered;
    this.errors = errors;
  }

  @Override
  public void run() {
    while (!stopped) {
      try (NbdClient connection = NbdClient.open(nodes.get(at), CONNECT_MILLIS, PATIENCE_MILLIS)) {
        talk(connection);
      } catch (IOException e) {
        at = (at + 1) % nodes.size();
        park(RETRY_MILLIS);
      }
    }
  }

  @Override
  public void stop() {
    stopped = true;
  }

  /** What has been asked over one connection and not answered yet. */
  private static final class Open {
    final Map<Long, Operation> requests = new ConcurrentHashMap<>();
    volatile boolean broken;
  }

  private void talk(NbdClient connection) throws IOException {
    Open open = new Open();
    Thread receiver = new Thread(() -> receive(connection, open), "answers-" + number);
    receiver.setDaemon(true);
    receiver.start();
    try {
      while (!stopped && !open.broken) {
        if (open.requests.size() < MAX_OPEN) {
          send(connection, open);
        }
        park(random.nextInt(MAX_PAUSE_MILLIS));
      }
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAST_ANSWERS_MILLIS);
      while (!open.requests.isEmpty() && !open.broken && System.nanoTime() - end < 0) {
        park(1);
      }
    } catch (IOException e) {
      // The receiver notices, too.
    } finally {
      connection.abort();
      join(receiver);
      // An error, or no answer, is no promise that nothing was written.
      open.requests.values().stream().filter(this::isWrite).forEach(history::add);
    }
  }

  private boolean isWrite(Operation operation) {
    return operation.kind() == Operation.Kind.WRITE;
  }

  private void send(NbdClient connection, Open open) throws IOException {
    Cells.Range range = Cells.pick(random, MAX_BLOCKS);
    long offset = (long) range.firstBlock() * Content.BLOCK_BYTES;
    long[] values = new long[range.blocks()];
    if (random.nextInt(3) == 0) {
      long value = ((long) number + 1) << 32 | ++writes;
      Arrays.fill(values, value);
      Operation write = request(Operation.Kind.WRITE, range, values);
      history.sends(write);
      open.requests.put(connection.nextCookie(), write);
      connection.sendWrite(offset, Content.of(value, range.firstBlock(), range.blocks()));
    } else {
      open.requests.put(connection.nextCookie(), request(Operation.Kind.READ, range, values));
      connection.sendRead(offset, range.blocks() * Content.BLOCK_BYTES);
    }
  }

  private Operation request(Operation.Kind kind, Cells.Range range, long[] values) {
    String node = nodes.get(at).name();
    return new Operation(
        kind, number, node, range.firstBlock(), values, System.nanoTime(), Operation.NEVER);
  }

  private void receive(NbdClient connection, Open open) {
    try {
      while (true) {
        NbdClient.Answer answer = connection.receive();
        Operation asked = open.requests.get(answer.cookie());
        if (answer.isError()) {
          errors.incrementAndGet();
          history.tell("client " + number + ": " + asked.node() + ": an error");
          break;
        }
        long[] values = asked.values();
        if (!isWrite(asked)) {
          byte[] data = connection.receiveData(values.length * Content.BLOCK_BYTES);
          values = Content.values(data, asked.firstBlock());
        }
        open.requests.remove(answer.cookie());
        history.add(asked.answered(values, System.nanoTime()));
        answered.incrementAndGet();
      }
    } catch (IOException e) {
      // The end of the connection.
    }
    open.broken = true;
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void park(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
