package io.twinlog.appliance.node;

import io.netty.buffer.PooledByteBufAllocator;
import io.twinlog.appliance.config.AoeEndpoint;
import io.twinlog.appliance.config.AoeOptions;
import io.twinlog.blockdev.aoe.AoeTarget;
import io.twinlog.blockdev.aoe.TargetSettings;
import io.twinlog.replication.core.ReplicaEvent;
import io.twinlog.replication.net.ResourceDriver;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Serves resources over AoE where the configuration says so. */
final class AoeTargets {

  private AoeTargets() {}

  /**
   * The resource's AoE target on this node, which the caller closes; empty when it has none.
   *
   * @param panic told when the target's thread dies
   * @throws IOException when the interface cannot be used
   */
  static Optional<AoeTarget> start(RunningResource resource, String node, Consumer<String> panic)
      throws IOException {
    int index = resource.config().indexOf(node);
    Optional<AoeEndpoint> endpoint = resource.config().nodes().get(index).aoe();
    if (endpoint.isEmpty()) {
      return Optional.empty();
    }
    AoeOptions options = resource.config().aoe();
    TargetSettings settings =
        new TargetSettings(
            endpoint.get().interfaceName(),
            endpoint.get().address(),
            resource.uuid(),
            options.allowed(),
            options.configString(),
            options.virtualMac(),
            options.editable());
    ResourceDriver driver = resource.driver();
    return Optional.of(
        AoeTarget.start(
            settings,
            driver.service(),
            driver.loop(),
            PooledByteBufAllocator.DEFAULT,
            (what, line) ->
                driver.events().publish(Instant.now(), new ReplicaEvent("aoe", "", what, line)),
            (thread, death) -> panic.accept(thread.getName() + " died: " + death)));
  }
}
