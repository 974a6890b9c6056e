package io.twinlog.appliance.node;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.twinlog.blockdev.aoe.AoeCounters;
import io.twinlog.blockdev.aoe.AoeTarget;
import java.util.function.ToDoubleFunction;

/** Shows what a resource's AoE target has seen as metrics. */
final class AoeMetrics implements MeterBinder {

  private final Tags tags;
  private final AoeTarget target;

  AoeMetrics(String node, String resource, AoeTarget target) {
    this.tags = Tags.of("node", node, "resource", resource);
    this.target = target;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("twinlog.aoe.clients", () -> target.counters().clients())
        .description("heard lately")
        .tags(tags)
        .register(registry);
    counter(registry, "requests", "taken to the device", "", AoeCounters::requests);
    String dropped = "of clients, by the reason why";
    counter(registry, "dropped", dropped, "not-allowed", AoeCounters::notAllowed);
    counter(registry, "dropped", dropped, "too-many", AoeCounters::tooMany);
    counter(registry, "dropped", dropped, "too-fast", AoeCounters::tooFast);
    counter(registry, "dropped", dropped, "late", AoeCounters::late);
    counter(registry, "dropped", dropped, "malformed", AoeCounters::malformed);
  }

  private void counter(
      MeterRegistry registry,
      String name,
      String help,
      String reason,
      ToDoubleFunction<AoeCounters> value) {
    FunctionCounter.builder(
            "twinlog.aoe." + name, target, counted -> value.applyAsDouble(counted.counters()))
        .description(help)
        .tags(reason.isEmpty() ? tags : tags.and("reason", reason))
        .register(registry);
  }
}
