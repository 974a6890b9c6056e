package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.process.NodeProcess;
import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** One part of a pair after the other is slow or dead, and its clients hardly notice. */
final class SlowParts {

  /**
   * Lines of the resource's configuration. The memory that is allowed follows from the limits; the
   * times are longer than usual, so that a busy machine is not taken for a dead one.
   */
  static final String CONFIGURATION =
      """
      failover = manual
        limits { max-pending = 64 MiB, nbd-connections = 256 }
        timing { peer-timeout = 3 s, confirm-timeout = 4 s }\
      """;

  /**
   * How much a node may grow: a payload counts twice, and the buffers of links and backing are
   * counted once (the sum that the node compares with Java's limit at its start), and something for
   * code that is compiled meanwhile.
   */
  private static final long MAX_GROWTH_MIB = 2 * 64 + 192 + 64;

  /** A peer is lost, or evicted, within 4 s; the rest is a busy machine. */
  private static final long ALONE_SECONDS = 12;

  /** Of 1 MiB each, many times what may be pending. */
  private static final int FLOOD_WRITES = 400;

  private static final long SOON_SECONDS = 60;

  private final Site site;
  private final Recovery recovery;
  private final long stallMillis;
  private NodeProcess primary;
  private NodeProcess secondary;

  SlowParts(Site site, Recovery recovery, long stallMillis) {
    this.site = site;
    this.recovery = recovery;
    this.stallMillis = stallMillis;
  }

  void run() throws IOException, InterruptedException {
    primary = recovery.begin();
    secondary = site.peerOf(primary);
    try (Probe probe = Probe.start(primary)) {
      sleep(3_000);
      stallBacking(probe);
      pauseSecondary(probe);
      cutSilently(probe);
      Flood flood = new Flood(primary);
      long before = rssMib(primary) + rssMib(secondary);
      flood.neverRead(FLOOD_WRITES);
      flood.manyConnections(200);
      long growth = rssMib(primary) + rssMib(secondary) - before;
      say("floods: both nodes grew by " + growth + " MiB, " + probe.take());
      check(growth < 2 * MAX_GROWTH_MIB, "the nodes grew by " + growth + " MiB");
      await(primary, "an end of the flood", status -> status.getPendingRequests() <= 1);
      check(recovery.await() == primary, "the flood moved the primary");
    }
  }

  /** Connected, the backing's delay is nobody's but its own. */
  private void stallBacking(Probe probe) throws IOException, InterruptedException {
    Probe.Latency usual = probe.take();
    long view = status(primary).getView().getNumber();
    long before = rssMib(primary);
    site.nodes().forEach(node -> site.path(node).stall());
    sleep(stallMillis / 2);
    long dirty = status(primary).getBacking().getDirtyBytes();
    sleep(stallMillis / 2);
    Probe.Latency stalled = probe.take();
    ResourceStatus status = status(primary);
    long growth = rssMib(primary) - before;
    site.nodes().forEach(node -> site.path(node).heal());
    say(
        "backing stalled: usually %s, now %s; dirty %d KiB, then %d KiB, node grew by %d MiB"
            .formatted(
                usual, stalled, dirty >> 10, status.getBacking().getDirtyBytes() >> 10, growth));
    check(dirty > 0 && status.getBacking().getDirtyBytes() > dirty, "dirty did not grow");
    check(status.getView().getNumber() == view, "the view changed: " + status);
    check(Recovery.isWholePrimary(status), "not connected any more: " + status);
    // Less than a stall takes, more than a busy machine makes of a write.
    check(stalled.maxMillis() < stallMillis / 2.0, "a write took " + stalled.maxMillis() + " ms");
    check(
        stalled.medianMillis() < 3 * usual.medianMillis() + 20,
        "writes were slower: " + usual + ", then " + stalled);
    check(growth < MAX_GROWTH_MIB, "the node grew by " + growth + " MiB");
    await(
        primary,
        "what was written meanwhile to be logged",
        s -> s.getBacking().getLoggedNumber() >= status.getBacking().getCommittedNumber());
  }

  /** A peer that is there and does not confirm is evicted, and comes back. */
  private void pauseSecondary(Probe probe) throws IOException, InterruptedException {
    probe.take();
    secondary.pause();
    try {
      awaitAlone(probe, "secondary paused");
    } finally {
      secondary.resume();
    }
    check(recovery.await() == primary, "the pause moved the primary");
  }

  /** Neither side is told that the link is gone. */
  private void cutSilently(Probe probe) throws IOException, InterruptedException {
    probe.take();
    site.network.cutBoth(primary.name(), secondary.name());
    awaitAlone(probe, "link cut silently");
    site.network.heal();
    check(recovery.await() == primary, "the cut moved the primary");
  }

  private void awaitAlone(Probe probe, String what) {
    long start = System.nanoTime();
    await(primary, "a lone view", status -> status.getView().getMembersCount() == 1);
    double seconds = (System.nanoTime() - start) / 1e9;
    probe.take();
    sleep(500);
    Probe.Latency alone = probe.take();
    say("%s: alone after %.1f s, then %s".formatted(what, seconds, alone));
    check(seconds < ALONE_SECONDS, what + ": alone only after " + seconds + " s");
    check(alone.writes() > 0, what + ": nothing was written alone");
  }

  private static ResourceStatus status(NodeProcess node) {
    return Site.status(node).orElseThrow(() -> new AssertionError("no status: " + node));
  }

  private static void await(NodeProcess node, String what, Predicate<ResourceStatus> wanted) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SOON_SECONDS);
    Optional<ResourceStatus> last = Optional.empty();
    while (System.nanoTime() - deadline < 0) {
      last = Site.status(node);
      if (last.isPresent() && wanted.test(last.get())) {
        return;
      }
      sleep(20);
    }
    throw new AssertionError("waited for " + what + ": " + last + node);
  }

  private static long rssMib(NodeProcess node) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + node.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
      }
    }
    throw new AssertionError("no VmRSS: " + node);
  }

  private static void sleep(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private static void check(boolean right, String otherwise) {
    if (!right) {
      throw new AssertionError(otherwise);
    }
  }

  private static void say(String text) {
    System.out.println(text);
  }
}
