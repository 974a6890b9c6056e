package io.twinlog.appliance.node;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.twinlog.appliance.config.Endpoint;
import io.twinlog.appliance.config.ResourceConfig.Limits;
import io.twinlog.blockdev.nbd.NbdExport;
import io.twinlog.blockdev.nbd.NbdLimits;
import io.twinlog.blockdev.nbd.NbdServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The NBD servers of a node: one for each address, with every resource that names it. */
final class NbdServers implements AutoCloseable {

  private final List<NbdServer> servers = new ArrayList<>();

  /**
   * Begins to listen at every address of {@code node}.
   *
   * @throws IOException when one cannot be had; then none is listened at
   */
  static NbdServers start(String node, List<RunningResource> resources, EventLoopGroup group)
      throws IOException {
    Map<Endpoint, List<RunningResource>> byAddress = new LinkedHashMap<>();
    for (RunningResource resource : resources) {
      int index = resource.config().indexOf(node);
      for (Endpoint endpoint : resource.config().nodes().get(index).nbd()) {
        byAddress.computeIfAbsent(endpoint, address -> new ArrayList<>()).add(resource);
      }
    }
    NbdServers all = new NbdServers();
    try {
      for (Map.Entry<Endpoint, List<RunningResource>> server : byAddress.entrySet()) {
        all.servers.add(start(server.getKey(), server.getValue(), group));
      }
      return all;
    } catch (IOException e) {
      all.close();
      throw e;
    }
  }

  private static NbdServer start(
      Endpoint endpoint, List<RunningResource> resources, EventLoopGroup group) throws IOException {
    List<NbdExport> exports = resources.stream().map(RunningResource::export).toList();
    // With one export its own loop accepts, so that no connection has to move.
    EventLoopGroup acceptors = exports.size() == 1 ? exports.get(0).loop() : group;
    try {
      return NbdServer.start(
          acceptors, address(endpoint), exports, limits(resources), PooledByteBufAllocator.DEFAULT);
    } catch (IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "cannot listen at "
              + endpoint
              + " (nbd): "
              + cause.getMessage()
              + "; end who has it, or change it in the configuration",
          e);
    }
  }

  private static SocketAddress address(Endpoint endpoint) {
    if (endpoint instanceof Endpoint.Unix unix) {
      return UnixDomainSocketAddress.of(unix.path());
    }
    Endpoint.Tcp tcp = (Endpoint.Tcp) endpoint;
    return new InetSocketAddress(tcp.host(), tcp.port());
  }

  /** Connections add up; the rest is a property of one connection, so the largest counts. */
  private static NbdLimits limits(List<RunningResource> resources) {
    int connections = 0;
    int requests = 0;
    for (RunningResource resource : resources) {
      Limits limits = resource.config().limits();
      connections += limits.nbdConnections();
      requests = Math.max(requests, limits.nbdRequests());
    }
    NbdLimits defaults = NbdLimits.DEFAULT;
    return new NbdLimits(
        connections,
        requests,
        defaults.bytesPerConnection(),
        defaults.negotiationTimeout(),
        defaults.stallTimeout());
  }

  /** Closes every client; waits, so not on an event loop. Idempotent. */
  @Override
  public void close() throws IOException {
    for (NbdServer server : servers) {
      server.close();
    }
  }
}
