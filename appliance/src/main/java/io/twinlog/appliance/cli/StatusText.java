package io.twinlog.appliance.cli;

import io.twinlog.appliance.text.Units;
import io.twinlog.proto.admin.BackingStatus;
import io.twinlog.proto.admin.NodeStatus;
import io.twinlog.proto.admin.PeerStatus;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.ShelfStatus;
import io.twinlog.proto.admin.ViewStatus;

/** A node's status for a person, in the manner of {@code drbdadm status}. */
final class StatusText {

  private StatusText() {}

  /**
   * A paragraph per resource; every line ends with a newline.
   *
   * @param bars whether a resync is drawn as a bar, too
   */
  static String of(NodeStatus status, boolean bars) {
    StringBuilder out = new StringBuilder();
    for (ResourceStatus resource : status.getResourcesList()) {
      append(out, resource, bars);
    }
    return out.toString();
  }

  private static void append(StringBuilder out, ResourceStatus resource, boolean bars) {
    out.append(resource.getName());
    out.append(" role:").append(capitalised(resource.getRole()));
    out.append(" copy:").append(resource.getCopy());
    appendView(out, resource.getView());
    out.append('\n');
    if (!resource.getSuspended().isEmpty()) {
      out.append("  suspended: ").append(resource.getSuspended()).append('\n');
    }
    if (resource.getEmergency()) {
      out.append("  emergency: writes are acknowledged only when they are in the log\n");
    }
    appendBacking(out, resource);
    appendPeer(out, resource, bars);
  }

  private static void appendView(StringBuilder out, ViewStatus view) {
    out.append(" view:").append(view.getNumber()).append(" {");
    String separator = "";
    for (String member : view.getMembersList()) {
      out.append(separator).append(member);
      if (member.equals(view.getPrimary())) {
        out.append('*');
      }
      separator = ",";
    }
    out.append('}');
  }

  private static void appendBacking(StringBuilder out, ResourceStatus resource) {
    BackingStatus backing = resource.getBacking();
    out.append("  backing ").append(backing.getState());
    out.append(" logged:").append(backing.getLoggedNumber());
    out.append('/').append(backing.getCommittedNumber());
    out.append(" dirty:").append(Units.bytes(backing.getDirtyBytes()));
    if (backing.getDirtyBytes() > 0) {
      out.append(" age:").append(Units.millis(backing.getDirtyAgeMillis()).replace(" ", ""));
    }
    out.append(" exposure:").append(Units.bytes(resource.getExposureBytes()));
    if (resource.getExposureBytes() > 0) {
      out.append('/').append(Units.millis(resource.getExposureMillis()).replace(" ", ""));
    }
    if (!backing.getPopulated()) {
      out.append(" populating");
    }
    if (!resource.getFencing().isEmpty()) {
      out.append(" fencing:").append(resource.getFencing());
    }
    out.append('\n');
    boolean allWell =
        backing.getShelvesList().stream()
            .allMatch(shelf -> shelf.getState().equals("live") && shelf.getError().isEmpty());
    if (!allWell) {
      appendShelves(out, backing, "    ");
    }
  }

  /** A line for each shelf. */
  static void appendShelves(StringBuilder out, BackingStatus backing, String indent) {
    for (int i = 0; i < backing.getShelvesCount(); i++) {
      ShelfStatus shelf = backing.getShelves(i);
      out.append(indent).append("shelf ").append(i + 1).append(' ').append(shelf.getState());
      if (shelf.getTotalBytes() > 0) {
        out.append(' ').append(Units.bytes(shelf.getDoneBytes()));
        out.append(" of ").append(Units.bytes(shelf.getTotalBytes()));
      } else if (shelf.getFilledBytes() > 0) {
        out.append(" filled:").append(Units.bytes(shelf.getFilledBytes()));
      }
      if (!shelf.getError().isEmpty()) {
        out.append(": ").append(shelf.getError());
      }
      out.append('\n');
    }
  }

  private static void appendPeer(StringBuilder out, ResourceStatus resource, boolean bars) {
    PeerStatus peer = resource.getPeer();
    out.append("  ").append(peer.getNode());
    out.append(" role:").append(capitalised(peer.getRole()));
    out.append(" connection:").append(connection(resource.getConnection()));
    out.append(" copy:").append(peer.getCopy()).append('\n');
    SyncText.append(out, resource.getSync(), bars);
    VerifyText.append(out, resource.getVerify());
  }

  private static String capitalised(String word) {
    return word.isEmpty() ? "Unknown" : Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }

  /** DRBD's spelling of a connection state. */
  private static String connection(String state) {
    return switch (state) {
      case "standalone" -> "StandAlone";
      case "sync-source" -> "SyncSource";
      case "sync-target" -> "SyncTarget";
      default -> capitalised(state);
    };
  }
}
