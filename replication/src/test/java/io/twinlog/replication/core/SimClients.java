package io.twinlog.replication.core;

import io.twinlog.blockdev.BlockRequest.Command;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Clients of whichever node is primary: several requests at a time, overlapping as they like. */
final class SimClients {
  private static final int OPEN_REQUESTS = 6;

  private final SimWorld world;
  private final SplittableRandom random;
  private final int deviceBytes;
  private final int[] open = new int[2];
  private final Map<String, Integer> answered = new TreeMap<>();
  private long requestId;
  private long longestWaitNanos;

  SimClients(SimWorld world) {
    this.world = world;
    this.random = world.random();
    this.deviceBytes = world.options().blocks() * BlockTable.BLOCK_BYTES;
  }

  void begin() {
    world.after(random.nextLong(50_000_000), this::turn);
  }

  private void turn() {
    world.after(random.nextLong(world.isCalm() ? 20_000_000 : 8_000_000), this::turn);
    SimNode node = world.node(random.nextInt(2));
    if (!node.isAlive() || node.isPaused()) {
      return;
    }
    int burst = 1 + random.nextInt(3);
    for (int i = 0; i < burst && mayAsk(node); i++) {
      submit(next(node));
    }
  }

  private boolean mayAsk(SimNode node) {
    return open[node.index()] < OPEN_REQUESTS && node.replica().isPrimary();
  }

  /** Hands a request to its node. */
  void submit(SimRequest request) {
    SimNode node = request.node();
    open[node.index()]++;
    node.deliver(node.life(), () -> node.replica().submit(request));
  }

  SimRequest request(SimNode node, Command command, int offset, int length, boolean fua) {
    return new SimRequest(node, ++requestId, command, offset, length, fua);
  }

  private SimRequest next(SimNode node) {
    int choice = random.nextInt(20);
    Command command =
        choice < 6
            ? Command.READ
            : choice < 7
                ? Command.FLUSH
                : choice < 8 ? Command.TRIM : choice < 9 ? Command.WRITE_ZEROES : Command.WRITE;
    if (command == Command.FLUSH) {
      return request(node, command, 0, 0, false);
    }
    int unit = random.nextInt(4) == 0 ? 1 : 512;
    int offset = random.nextInt(deviceBytes / unit) * unit;
    int most = random.nextInt(8) == 0 ? deviceBytes : 2 * BlockTable.BLOCK_BYTES;
    int length = Math.min(deviceBytes - offset, (1 + random.nextInt(most / unit)) * unit);
    boolean fua = command.isWrite() && random.nextInt(8) == 0;
    return request(node, command, offset, length, fua);
  }

  void answered(SimRequest request) {
    open[request.node().index()]--;
    longestWaitNanos = Math.max(longestWaitNanos, world.now() - request.beganNanos());
    String kind = request.command().toString();
    answered.merge(kind, 1, Integer::sum);
    world.count("answered: " + kind);
    if (request.command() == Command.WRITE && request.lengthBytes() > deviceBytes / 2) {
      answered.merge("big WRITE", 1, Integer::sum);
      world.count("answered: big WRITE");
    }
    if (request.forceUnitAccess()) {
      world.count("answered: FUA");
    }
  }

  void dropped(SimRequest request) {
    open[request.node().index()]--;
    world.count("dropped requests");
  }

  /** The node's requests have died with it. */
  void died(SimNode node) {
    open[node.index()] = 0;
  }

  /** Counts answers anew. */
  void forgetAnswers() {
    answered.clear();
    longestWaitNanos = 0;
  }

  int answered(String kind) {
    return answered.getOrDefault(kind, 0);
  }

  /** Whether requests of every kind have been answered since {@link #forgetAnswers}. */
  boolean isServed() {
    return answered.size() == Command.values().length + 1 && answered("WRITE") >= 3;
  }

  /** What the slowest request answered since {@link #forgetAnswers} has waited. */
  long longestWaitNanos() {
    return longestWaitNanos;
  }

  @Override
  public String toString() {
    return answered.toString();
  }
}
