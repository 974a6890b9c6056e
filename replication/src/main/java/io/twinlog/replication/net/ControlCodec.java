package io.twinlog.replication.net;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.twinlog.proto.peer.Control;
import io.twinlog.replication.core.Copy;
import io.twinlog.replication.core.PeerControl;
import io.twinlog.replication.core.Role;
import java.io.IOException;

/** {@link PeerControl} as the protobuf message {@code twinlog.peer.Control}, both ways. */
final class ControlCodec {

  private ControlCodec() {}

  static byte[] encode(PeerControl message) {
    return toProto(message).toByteArray();
  }

  /** Reads all of {@code bytes}, whose indices do not move. */
  static PeerControl decode(ByteBuf bytes) throws FrameException {
    try {
      CodedInputStream in = CodedInputStream.newInstance(ByteBufUtil.getBytes(bytes));
      return fromProto(Control.parseFrom(in));
    } catch (InvalidProtocolBufferException e) {
      throw new FrameException("malformed control message: " + e.getMessage());
    } catch (IOException e) {
      throw new IllegalStateException("reading an array", e);
    }
  }

  private static Control toProto(PeerControl message) {
    Control.Builder out = Control.newBuilder();
    if (message instanceof PeerControl.ViewAnnounce it) {
      out.getViewAnnounceBuilder().setView(ViewCodec.toProto(it.view()));
    } else if (message instanceof PeerControl.PeerStatus it) {
      out.getPeerStatusBuilder()
          .setRole(toProto(it.role()))
          .setCopy(toProto(it.copy()))
          .setSuspended(it.suspended());
    } else if (message instanceof PeerControl.Drained it) {
      out.getDrainedBuilder().setView(it.view());
    } else if (message instanceof PeerControl.SyncOffer it) {
      out.getSyncOfferBuilder().setView(it.view());
    } else if (message instanceof PeerControl.SyncStart it) {
      out.getSyncStartBuilder().setView(it.view()).setNumber(it.number());
    } else if (message instanceof PeerControl.SyncReady it) {
      out.getSyncReadyBuilder().setView(it.view()).setIncarnation(it.incarnation());
    } else if (message instanceof PeerControl.SyncRefused it) {
      out.getSyncRefusedBuilder().setView(it.view()).setReason(Text.printable(it.reason()));
    } else if (message instanceof PeerControl.SwitchoverRequest) {
      out.getSwitchoverRequestBuilder();
    } else if (message instanceof PeerControl.SwitchoverRefused it) {
      out.getSwitchoverRefusedBuilder().setReason(Text.printable(it.reason()));
    } else {
      throw new IllegalArgumentException("no encoding for " + message);
    }
    return out.build();
  }

  private static PeerControl fromProto(Control in) throws FrameException {
    return switch (in.getMessageCase()) {
      case VIEW_ANNOUNCE ->
          new PeerControl.ViewAnnounce(ViewCodec.fromProto(in.getViewAnnounce().getView()));
      case PEER_STATUS ->
          new PeerControl.PeerStatus(
              fromProto(in.getPeerStatus().getRole()),
              fromProto(in.getPeerStatus().getCopy()),
              in.getPeerStatus().getSuspended());
      case DRAINED -> new PeerControl.Drained(number(in.getDrained().getView()));
      case SYNC_OFFER -> new PeerControl.SyncOffer(number(in.getSyncOffer().getView()));
      case SYNC_START ->
          new PeerControl.SyncStart(
              number(in.getSyncStart().getView()), number(in.getSyncStart().getNumber()));
      case SYNC_READY ->
          new PeerControl.SyncReady(
              number(in.getSyncReady().getView()), in.getSyncReady().getIncarnation());
      case SYNC_REFUSED ->
          new PeerControl.SyncRefused(
              number(in.getSyncRefused().getView()),
              Text.printable(in.getSyncRefused().getReason()));
      case SWITCHOVER_REQUEST -> new PeerControl.SwitchoverRequest();
      case SWITCHOVER_REFUSED ->
          new PeerControl.SwitchoverRefused(Text.printable(in.getSwitchoverRefused().getReason()));
      case MESSAGE_NOT_SET -> throw new FrameException("unknown control message");
    };
  }

  /** View and write numbers are below 2^63. */
  static long number(long value) throws FrameException {
    if (value < 0) {
      throw new FrameException("control message with number " + Long.toUnsignedString(value));
    }
    return value;
  }

  static io.twinlog.proto.peer.Role toProto(Role role) {
    return switch (role) {
      case PRIMARY -> io.twinlog.proto.peer.Role.ROLE_PRIMARY;
      case SECONDARY -> io.twinlog.proto.peer.Role.ROLE_SECONDARY;
    };
  }

  static Role fromProto(io.twinlog.proto.peer.Role role) throws FrameException {
    return switch (role) {
      case ROLE_PRIMARY -> Role.PRIMARY;
      case ROLE_SECONDARY -> Role.SECONDARY;
      case ROLE_UNSPECIFIED, UNRECOGNIZED -> throw new FrameException("unknown role");
    };
  }

  private static io.twinlog.proto.peer.Copy toProto(Copy copy) {
    return switch (copy) {
      case UP_TO_DATE -> io.twinlog.proto.peer.Copy.COPY_UP_TO_DATE;
      case INCONSISTENT -> io.twinlog.proto.peer.Copy.COPY_INCONSISTENT;
      case OUTDATED -> io.twinlog.proto.peer.Copy.COPY_OUTDATED;
      case UNKNOWN -> io.twinlog.proto.peer.Copy.COPY_UNKNOWN;
    };
  }

  private static Copy fromProto(io.twinlog.proto.peer.Copy copy) throws FrameException {
    return switch (copy) {
      case COPY_UP_TO_DATE -> Copy.UP_TO_DATE;
      case COPY_INCONSISTENT -> Copy.INCONSISTENT;
      case COPY_OUTDATED -> Copy.OUTDATED;
      case COPY_UNKNOWN -> Copy.UNKNOWN;
      case COPY_UNSPECIFIED, UNRECOGNIZED -> throw new FrameException("unknown copy state");
    };
  }
}
