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
 * @param editable {@code edits = allowed}: clients may change the config string, the mask list and
 *     the reservation
 */
public record AoeOptions(
    boolean virtualMac, List<MacAddress> allowed, String configString, boolean editable) {

  public AoeOptions {
    allowed = List.copyOf(allowed);
  }
}
