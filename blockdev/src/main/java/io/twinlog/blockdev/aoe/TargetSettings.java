package io.twinlog.blockdev.aoe;

import java.util.List;
import java.util.UUID;

/**
 * How a resource is served over AoE.
 *
 * @param interfaceName the network interface
 * @param resource the resource's identity, the same on both nodes: the serial number and the
 *     virtual MAC come from it
 * @param allowed whose frames are heard; empty is everybody
 * @param configString what clients read as the target's config string, until one sets another; up
 *     to 1024 bytes (ISO 8859-1)
 * @param virtualMac whether the target has an address of its own, which moves with the primary
 *     role; else it has the interface's, for switches that allow no other
 * @param editable whether clients may change the config string, the mask list and the reservation
 */
public record TargetSettings(
    String interfaceName,
    AoeAddress address,
    UUID resource,
    List<MacAddress> allowed,
    String configString,
    boolean virtualMac,
    boolean editable) {

  /** Locally administered, and the same on both nodes. */
  MacAddress ownMac() {
    long bits = resource.getMostSignificantBits() ^ resource.getLeastSignificantBits();
    return new MacAddress(0x0200_0000_0000L | (bits & 0xff_ffff_ffffL));
  }

  /** 20 characters. */
  String serial() {
    return resource.toString().replace("-", "").substring(0, 20);
  }
}
