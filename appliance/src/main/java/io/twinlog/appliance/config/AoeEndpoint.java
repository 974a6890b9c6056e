package io.twinlog.appliance.config;

import io.twinlog.blockdev.aoe.AoeAddress;
import java.util.Optional;

/**
 * Where a node serves AoE clients: {@code eth0/1.0}.
 *
 * @param interfaceName the network interface
 */
public record AoeEndpoint(String interfaceName, AoeAddress address) {

  static final String FORM = "INTERFACE/SHELF.SLOT, such as eth0/1.0";

  static Optional<AoeEndpoint> parse(String text) {
    int slash = text.indexOf('/');
    if (slash <= 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new AoeEndpoint(text.substring(0, slash), AoeAddress.parse(text.substring(slash + 1))));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return interfaceName + "/" + address;
  }
}
