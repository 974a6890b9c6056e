package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Mask;
import io.twinlog.blockdev.aoe.AoeMessage.MaskEntry;
import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Who is heard, and who may use the device: the configured list, the MAC mask list that clients
 * edit (command 2), and the reservation (command 3). What clients set lasts as long as the node is
 * primary; the configured list cannot be changed by them.
 */
final class AccessLists {

  /** The count in a message is one byte. */
  private static final int MOST_MACS = 255;

  private final Set<MacAddress> configured;
  private final boolean editable;
  private final Set<MacAddress> mask = new LinkedHashSet<>();
  private List<MacAddress> reserved = List.of();

  AccessLists(List<MacAddress> configured, boolean editable) {
    this.configured = Set.copyOf(configured);
    this.editable = editable;
  }

  /** Forgets what clients set. */
  void reset() {
    mask.clear();
    reserved = List.of();
  }

  /** Whether its frames are looked at. */
  boolean isHeard(MacAddress source) {
    return (configured.isEmpty() || configured.contains(source))
        && (mask.isEmpty() || mask.contains(source));
  }

  /** Whether its ATA commands are carried out. */
  boolean mayUse(MacAddress source) {
    return reserved.isEmpty() || reserved.contains(source);
  }

  /**
   * The answer to a mask command; null when it is a bad argument.
   *
   * @param most how many entries an answer has room for
   */
  Mask edit(Mask request, int most) {
    if (request.code() != Mask.READ && (request.code() != Mask.EDIT || !editable)) {
      return null;
    }
    if (request.code() == Mask.EDIT) {
      for (int i = 0; i < request.entries().size(); i++) {
        int error = edit(request.entries().get(i), Math.min(most, MOST_MACS));
        if (error != 0) {
          return new Mask(request.code(), error, i, List.of());
        }
      }
    }
    List<MaskEntry> entries = mask.stream().map(mac -> new MaskEntry(MaskEntry.NONE, mac)).toList();
    return new Mask(request.code(), 0, entries.size(), entries);
  }

  private int edit(MaskEntry entry, int most) {
    switch (entry.code()) {
      case MaskEntry.NONE -> {}
      case MaskEntry.ADD -> {
        if (mask.size() >= most && !mask.contains(entry.mac())) {
          return Mask.ERROR_FULL;
        }
        mask.add(entry.mac());
      }
      case MaskEntry.DELETE -> mask.remove(entry.mac());
      default -> {
        return Mask.ERROR_BAD_DIRECTIVE;
      }
    }
    return 0;
  }

  /** What became of a reserve command; null when it succeeded. */
  AoeError reserve(MacAddress source, Reserve request) {
    if (request.code() != Reserve.READ && !editable) {
      return AoeError.BAD_ARGUMENT;
    }
    switch (request.code()) {
      case Reserve.READ -> {
        return null;
      }
      case Reserve.SET -> {
        if (!mayUse(source)) {
          return AoeError.RESERVED;
        }
      }
      case Reserve.FORCE_SET -> {}
      default -> {
        return AoeError.BAD_ARGUMENT;
      }
    }
    reserved = new ArrayList<>(new LinkedHashSet<>(request.macs()));
    return null;
  }

  /** The list that a reserve command is answered with. */
  Reserve reservation(int code) {
    return new Reserve(code, reserved);
  }
}
