package io.twinlog.appliance.config;

import io.twinlog.blockdev.shelf.ShelfSpec;
import io.twinlog.replication.core.Fencing;
import io.twinlog.replication.core.ReplicaConfig.Timing;
import io.twinlog.replication.core.ResyncRates;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One {@code resource} block.
 *
 * @param name also that of the NBD export
 * @param sizeBytes of the device; a multiple of 4096
 * @param shelves where the backing is: one, or several staggered ones
 * @param ringBytes size of each node's log ring; 0: as the format chooses
 * @param nodes the two nodes, in the order of the file: node 0 and node 1
 * @param secretFile what both nodes know and nobody else does; empty only when the peer link does
 *     not leave the machine
 * @param automaticFailover {@code failover = automatic}
 * @param flushToLog {@code flush = log}
 * @param fencing what guards against a former primary's late writes
 * @param hugePages {@code huge-pages = true}: use them for the RAM copy when there are any
 * @param maxDirtyBytes alarm while connected
 * @param resync how fast a node fills its peer's copy
 * @param ramDir where the RAM copy is when it outlives the process ({@code ram = shm})
 * @param aoe how it is served over AoE, where a node does that
 */
public record ResourceConfig(
    String name,
    long sizeBytes,
    List<ShelfSpec> shelves,
    long ringBytes,
    List<NodeConfig> nodes,
    Optional<Path> secretFile,
    boolean automaticFailover,
    boolean flushToLog,
    Fencing fencing,
    boolean hugePages,
    long maxDirtyBytes,
    Timing timing,
    Limits limits,
    ResyncRates resync,
    Optional<Path> ramDir,
    AoeOptions aoe) {

  public ResourceConfig {
    shelves = List.copyOf(shelves);
    nodes = List.copyOf(nodes);
  }

  /** 0 or 1; -1 when it is neither node. */
  public int indexOf(String node) {
    return nodeNames().indexOf(node);
  }

  public List<String> nodeNames() {
    return nodes.stream().map(NodeConfig::name).toList();
  }

  /**
   * Bounds on what clients may have under way.
   *
   * @param maxPendingBytes payload taken in and not yet committed, of all clients together
   * @param nbdConnections NBD connections of this resource
   * @param nbdConnections NBD connections of this resource at each address
   * @param nbdRequests requests under way of one NBD connection
   */
  public record Limits(long maxPendingBytes, int nbdConnections, int nbdRequests) {}
}
