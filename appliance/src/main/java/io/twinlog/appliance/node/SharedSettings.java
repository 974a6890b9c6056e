package io.twinlog.appliance.node;

import io.twinlog.appliance.config.AoeEndpoint;
import io.twinlog.appliance.config.AoeOptions;
import io.twinlog.appliance.config.NodeConfig;
import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.blockdev.aoe.MacAddress;
import io.twinlog.replication.core.ReplicaConfig.Timing;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What both nodes' files should say alike about a resource: the peer link compares it at connect
 * and warns by name of what differs (design, section 3, "Identity").
 */
final class SharedSettings {

  private SharedSettings() {}

  /** By key, without secrets. */
  static Map<String, String> of(ResourceConfig resource) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("size", Long.toString(resource.sizeBytes()));
    for (NodeConfig node : resource.nodes()) {
      settings.put("nodes." + node.name() + ".peer", node.peer().toString());
      settings.put(
          "nodes." + node.name() + ".aoe", node.aoe().map(AoeEndpoint::toString).orElse(""));
    }
    AoeOptions aoe = resource.aoe();
    settings.put("aoe.mac", aoe.virtualMac() ? "virtual" : "interface");
    settings.put(
        "aoe.allow",
        aoe.allowed().stream().map(MacAddress::toString).sorted().collect(Collectors.joining(" ")));
    settings.put("aoe.config-string", aoe.configString());
    settings.put("aoe.edits", aoe.editable() ? "allowed" : "refused");
    settings.put("failover", resource.automaticFailover() ? "automatic" : "manual");
    settings.put("flush", resource.flushToLog() ? "log" : "ram");
    settings.put("fencing", resource.fencing().toString());
    settings.put("max-dirty", Long.toString(resource.maxDirtyBytes()));
    Timing timing = resource.timing();
    settings.put("timing.heartbeat", timing.heartbeat().toString());
    settings.put("timing.peer-timeout", timing.peerTimeout().toString());
    settings.put("timing.confirm-timeout", timing.confirmTimeout().toString());
    settings.put("timing.takeover-delay", timing.takeoverDelay().toString());
    settings.put("timing.counter-interval", timing.counterInterval().toString());
    settings.put("timing.lone-takeover", timing.loneTakeover().toString());
    settings.put("timing.destage-delay", timing.destageDelay().toString());
    settings.put("resync.min-rate", Long.toString(resource.resync().minBytesPerSecond()));
    settings.put("resync.max-rate", Long.toString(resource.resync().maxBytesPerSecond()));
    return settings;
  }
}
