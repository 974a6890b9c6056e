package io.twinlog.appliance.node;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.twinlog.replication.core.Connection;
import io.twinlog.replication.core.Copy;
import io.twinlog.replication.core.ReplicaReport;
import io.twinlog.replication.core.Role;
import io.twinlog.replication.net.ResourceDriver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows the replicas' reports as metrics. Reports are fetched by {@link #refresh}, once before each
 * scrape, so that all metrics of a scrape are of one moment; before the first one there are none.
 */
final class ReplicaMetrics implements MeterBinder {

  private static final Logger LOG = LoggerFactory.getLogger(ReplicaMetrics.class);

  private static final long REPORT_MILLIS = 1_000;

  private final String node;
  private final Map<String, ResourceDriver> drivers;
  private final Map<String, ReplicaReport> reports = new ConcurrentHashMap<>();

  ReplicaMetrics(String node, Map<String, ResourceDriver> drivers) {
    this.node = node;
    this.drivers = Map.copyOf(drivers);
  }

  /**
   * Fetches a report from each driver; one that does not answer in time drops out of the metrics.
   */
  void refresh() {
    drivers.forEach(
        (name, driver) -> {
          try {
            reports.put(name, driver.report().get(REPORT_MILLIS, TimeUnit.MILLISECONDS));
          } catch (ExecutionException | TimeoutException e) {
            LOG.warn("{}: no report for the metrics: {}", name, e.toString());
            reports.remove(name);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (String resource : drivers.keySet()) {
      new Binding(registry, resource).bind();
    }
  }

  /** The meters of one resource. */
  private final class Binding {
    private final MeterRegistry registry;
    private final String resource;
    private final Tags tags;

    Binding(MeterRegistry registry, String resource) {
      this.registry = registry;
      this.resource = resource;
      this.tags = Tags.of("node", node, "resource", resource);
    }

    void bind() {
      gauge("primary", "1 on the primary", r -> flag(r.role() == Role.PRIMARY));
      gauge("connected", "1 with a link to the peer", r -> flag(isConnected(r)));
      gauge("copy.up.to.date", "1 when RAM is", r -> flag(r.copy() == Copy.UP_TO_DATE));
      gauge("suspended", "1 while client requests wait", r -> flag(!r.suspended().isEmpty()));
      gauge("view", "number of the latest view", r -> r.view().number());
      gauge("view.members", "nodes that hold everything", r -> r.view().members().size());
      gauge("backing.ok", "1 when it works", r -> flag(r.backing().state().equals("ok")));
      gauge("backing.complete", "1 when it suffices", r -> flag(r.backing().complete()));
      gauge("dirty.bytes", "committed and not logged", r -> r.backing().dirtyBytes());
      gauge("dirty.age.seconds", "of the oldest", r -> r.backing().dirtyAgeMillis() / 1000.0);
      gauge("exposure.bytes", "acknowledged, in one RAM only", ReplicaReport::exposureBytes);
      gauge("ring.used.bytes", "of the log ring", r -> r.backing().ringUsedBytes());
      gauge("ring.bytes", "size of the log ring", r -> r.backing().ringBytes());
      gauge("sync.done.bytes", "of a resync under way", r -> r.sync().doneBytes());
      gauge("sync.total.bytes", "of a resync under way", r -> r.sync().totalBytes());
      gauge("verify.done.bytes", "of the last verify", r -> r.verify().doneBytes());
      gauge("verify.differing.bytes", "known to differ", r -> r.verify().differingBytes());
      counter("verified.bytes", "compared online", r -> r.verify().verifiedBytes());
      counter("verify.found.bytes", "found to differ", r -> r.verify().foundBytes());
      gauge("pending.requests", "of clients", ReplicaReport::pendingRequests);
      counter("read.requests", "of clients", r -> r.counters().readRequests());
      counter("write.requests", "of clients", r -> r.counters().writeRequests());
      counter("read.bytes", "by clients", r -> r.counters().readBytes());
      counter("written.bytes", "by clients", r -> r.counters().writtenBytes());
      counter("batches", "appended to the log", r -> r.counters().batches());
      counter("logged.bytes", "appended to the log", r -> r.counters().loggedBytes());
      counter("checkpoints", "published", r -> r.counters().checkpoints());
      counter("view.changes", "learnt", r -> r.counters().viewChanges());
      counter("resyncs.quick", "begun", r -> r.counters().resyncs().quick());
      counter("resyncs.whole", "begun", r -> r.counters().resyncs().whole());
      counter("resync.bytes", "of blocks", r -> r.counters().resyncs().bytes());
      counter(
          "resync.backing.bytes",
          "of these, found in the backing",
          r -> r.counters().resyncs().backingBytes());
      counter("shelf.fills", "of stale shelves", r -> r.counters().shelves().fills());
      counter("shelf.fill.bytes", "copied to them", r -> r.counters().shelves().bytes());
    }

    private void gauge(String name, String help, ToDoubleFunction<ReplicaReport> value) {
      Gauge.builder("twinlog." + name, () -> read(value))
          .description(help)
          .tags(tags)
          .register(registry);
    }

    private void counter(String name, String help, ToDoubleFunction<ReplicaReport> value) {
      FunctionCounter.builder("twinlog." + name, this, binding -> binding.read(value))
          .description(help)
          .tags(tags)
          .register(registry);
    }

    private double read(ToDoubleFunction<ReplicaReport> value) {
      ReplicaReport report = reports.get(resource);
      return report == null ? Double.NaN : value.applyAsDouble(report);
    }
  }

  private static double flag(boolean on) {
    return on ? 1 : 0;
  }

  private static boolean isConnected(ReplicaReport report) {
    return report.connection() != Connection.STANDALONE
        && report.connection() != Connection.CONNECTING;
  }
}
