package io.twinlog.appliance.config;

import io.twinlog.blockdev.aoe.MacAddress;
import java.util.List;

/**
 * How a resource is served over AoE, the {@code aoe} block of a resource.
 *
 * @param virtualMac {@code mac = virtual}: an address of the resource's own, which moves with the
 *     primary role; else the interface's
 * @param allowed whose frames are heard; empty is everybody
 * @param configString what clients read as the config string
 */
public record AoeOptions(boolean virtualMac, List<MacAddress> allowed, String configString) {

  public AoeOptions {
    allowed = List.copyOf(allowed);
  }
}
