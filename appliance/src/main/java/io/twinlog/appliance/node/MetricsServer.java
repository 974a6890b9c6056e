package io.twinlog.appliance.node;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.twinlog.appliance.config.Endpoint;
import io.twinlog.blockdev.aoe.AoeTarget;
import io.twinlog.replication.net.ResourceDriver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Serves the node's metrics to Prometheus at {@code /metrics}. */
final class MetricsServer implements AutoCloseable {

  private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final PrometheusMeterRegistry registry;
  private final ReplicaMetrics metrics;

  private MetricsServer(
      HttpServer server, PrometheusMeterRegistry registry, ReplicaMetrics metrics) {
    this.server = server;
    this.registry = registry;
    this.metrics = metrics;
  }

  /**
   * Begins to listen.
   *
   * @throws IOException when the address cannot be had; the message names it
   */
  static MetricsServer start(
      Endpoint.Tcp address,
      String node,
      Map<String, ResourceDriver> drivers,
      Map<String, AoeTarget> targets)
      throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(address.host(), address.port()), 16);
    } catch (IOException e) {
      throw new IOException("cannot listen at " + address + " (metrics): " + e.getMessage(), e);
    }
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    ReplicaMetrics metrics = new ReplicaMetrics(node, drivers);
    metrics.bindTo(registry);
    targets.forEach((name, target) -> new AoeMetrics(node, name, target).bindTo(registry));
    MetricsServer started = new MetricsServer(server, registry, metrics);
    server.createContext("/metrics", started::scrape);
    server.start();
    return started;
  }

  private void scrape(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      metrics.refresh();
      byte[] body = registry.scrape().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", CONTENT_TYPE);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    registry.close();
  }
}
