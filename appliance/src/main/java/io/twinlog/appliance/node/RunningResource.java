package io.twinlog.appliance.node;

import io.netty.channel.EventLoop;
import io.twinlog.appliance.config.Endpoint;
import io.twinlog.appliance.config.ResourceConfig;
import io.twinlog.appliance.config.SecretFile;
import io.twinlog.blockdev.log.Superblock;
import io.twinlog.blockdev.nbd.InflightBudget;
import io.twinlog.blockdev.nbd.NbdExport;
import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.replication.core.ReplicaConfig;
import io.twinlog.replication.net.BufferLimits;
import io.twinlog.replication.net.PeerAddress;
import io.twinlog.replication.net.PeerEndpoint;
import io.twinlog.replication.net.PeerSettings;
import io.twinlog.replication.net.ResourceDriver;
import io.twinlog.replication.net.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * One resource of a running node: its backing and RAM in the hands of its driver, and what clients
 * see of it.
 *
 * @param uuid the resource's identity on its backing
 * @param export for the NBD servers
 */
record RunningResource(ResourceConfig config, UUID uuid, ResourceDriver driver, NbdExport export) {

  /**
   * Puts the driver together; nothing runs yet.
   *
   * @param storage ownership passes
   * @param panic told when the node must end at once
   * @throws IOException when the secret cannot be read
   */
  static RunningResource open(
      Storage storage,
      NodeOptions options,
      PeerEndpoint endpoint,
      EventLoop loop,
      Consumer<String> panic)
      throws IOException {
    ResourceConfig config = storage.config();
    int node = config.indexOf(options.node());
    ReplicaConfig replica = replicaConfig(config, node, storage.backing().superblock());
    ResourceDriver driver =
        ResourceDriver.open(
            replica,
            peerSettings(config, node, endpoint),
            storage.ram(),
            storage.record(),
            storage.backing().shelves(),
            loop,
            new BufferLimits(replica.smallBuffers(), replica.pieceBuffers()),
            panic);
    NbdExport export =
        new NbdExport(
            driver.service(),
            loop,
            "Twinlog resource " + config.name(),
            new InflightBudget(config.limits().maxPendingBytes()));
    return new RunningResource(config, storage.backing().superblock().resource(), driver, export);
  }

  private static ReplicaConfig replicaConfig(
      ResourceConfig config, int node, Superblock superblock) {
    return new ReplicaConfig(
        config.name(),
        superblock.resource(),
        node,
        config.nodeNames(),
        superblock.stagger(),
        config.flushToLog(),
        config.automaticFailover(),
        config.timing(),
        config.maxDirtyBytes(),
        config.limits().maxPendingBytes(),
        config.resync(),
        config.fencing(),
        config.shelves().stream().map(RunningResource::deadline).toList());
  }

  /** An AoE shelf ends everything by itself; a file's I/O returns when the kernel lets it. */
  private static Duration deadline(ShelfSpec shelf) {
    return shelf instanceof ShelfSpec.FileSpec file ? file.deadline() : Duration.ZERO;
  }

  private static PeerSettings peerSettings(ResourceConfig config, int node, PeerEndpoint endpoint)
      throws IOException {
    Endpoint.Tcp peer = config.nodes().get(1 - node).peer();
    return new PeerSettings(
        new PeerAddress(peer.host(), peer.port()),
        endpoint,
        new Secret(secret(config)),
        SharedSettings.of(config));
  }

  /** Without a secret file the link is local, and nothing has to be kept from anybody. */
  private static byte[] secret(ResourceConfig config) throws IOException {
    return config.secretFile().isPresent()
        ? SecretFile.read(config.secretFile().get())
        : ("local link of " + config.name()).getBytes(StandardCharsets.UTF_8);
  }
}
