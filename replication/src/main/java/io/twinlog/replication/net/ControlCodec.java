package io.twinlog.replication.net;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.twinlog.proto.peer.Control;
import io.twinlog.proto.peer.SyncOffer;
import io.twinlog.proto.peer.SyncReady;
import io.twinlog.proto.peer.SyncStart;
import io.twinlog.proto.peer.VerifyResult;
import io.twinlog.replication.core.Copy;
import io.twinlog.replication.core.ExtentMap;
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
      out.getSyncOfferBuilder().setView(it.view()).addAllBases(it.bases());
    } else if (message instanceof PeerControl.SyncStart it) {
      out.getSyncStartBuilder()
          .setView(it.view())
          .setNumber(it.number())
          .setWhole(it.whole())
          .setBlocks(ByteString.copyFrom(it.blocks().toBytes()));
    } else if (message instanceof PeerControl.SyncReady it) {
      SyncReady.Builder ready = out.getSyncReadyBuilder();
      ready.setView(it.view()).setIncarnation(it.incarnation());
      ready.setTakesDigests(it.takesDigests());
      ready.setChanged(ByteString.copyFrom(it.changed().toBytes()));
      if (it.common() >= 0) {
        ready.setCommon(it.common());
      }
    } else if (message instanceof PeerControl.DigestAnswer it) {
      out.getDigestAnswerBuilder()
          .setView(it.view())
          .setOffset(it.offset())
          .setBlocks(it.blocks())
          .setMissing(it.missing());
    } else if (message instanceof PeerControl.SyncPause it) {
      out.getSyncPauseBuilder().setPaused(it.paused());
    } else if (message instanceof PeerControl.SyncRefused it) {
      out.getSyncRefusedBuilder().setView(it.view()).setReason(Text.printable(it.reason()));
    } else if (message instanceof PeerControl.VerifyPiece it) {
      out.getVerifyPieceBuilder()
          .setView(it.view())
          .setNumber(it.number())
          .setOffset(it.offset())
          .setLength(it.length())
          .setChecksum(it.checksum());
    } else if (message instanceof PeerControl.VerifyAnswer it) {
      out.getVerifyAnswerBuilder()
          .setView(it.view())
          .setOffset(it.offset())
          .setResult(toProto(it.result()));
    } else if (message instanceof PeerControl.Emergency it) {
      out.getEmergencyBuilder().setOn(it.on());
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
      case SYNC_OFFER -> offer(in.getSyncOffer());
      case SYNC_START -> start(in.getSyncStart());
      case SYNC_READY -> ready(in.getSyncReady());
      case DIGEST_ANSWER ->
          new PeerControl.DigestAnswer(
              number(in.getDigestAnswer().getView()),
              number(in.getDigestAnswer().getOffset()),
              in.getDigestAnswer().getBlocks(),
              in.getDigestAnswer().getMissing());
      case SYNC_PAUSE -> new PeerControl.SyncPause(in.getSyncPause().getPaused());
      case SYNC_REFUSED ->
          new PeerControl.SyncRefused(
              number(in.getSyncRefused().getView()),
              Text.printable(in.getSyncRefused().getReason()));
      case VERIFY_PIECE ->
          new PeerControl.VerifyPiece(
              number(in.getVerifyPiece().getView()),
              number(in.getVerifyPiece().getNumber()),
              number(in.getVerifyPiece().getOffset()),
              in.getVerifyPiece().getLength(),
              in.getVerifyPiece().getChecksum());
      case VERIFY_ANSWER ->
          new PeerControl.VerifyAnswer(
              number(in.getVerifyAnswer().getView()),
              number(in.getVerifyAnswer().getOffset()),
              fromProto(in.getVerifyAnswer().getResult()));
      case EMERGENCY -> new PeerControl.Emergency(in.getEmergency().getOn());
      case SWITCHOVER_REQUEST -> new PeerControl.SwitchoverRequest();
      case SWITCHOVER_REFUSED ->
          new PeerControl.SwitchoverRefused(Text.printable(in.getSwitchoverRefused().getReason()));
      case MESSAGE_NOT_SET -> throw new FrameException("unknown control message");
    };
  }

  private static PeerControl offer(SyncOffer in) throws FrameException {
    if (in.getBasesCount() == 0) {
      throw new FrameException("an offer of a resync without a base");
    }
    for (long base : in.getBasesList()) {
      number(base);
    }
    return new PeerControl.SyncOffer(number(in.getView()), in.getBasesList());
  }

  private static PeerControl start(SyncStart in) throws FrameException {
    return new PeerControl.SyncStart(
        number(in.getView()),
        number(in.getNumber()),
        in.getWhole(),
        ExtentMap.ofBytes(in.getBlocks().toByteArray()));
  }

  private static PeerControl ready(SyncReady in) throws FrameException {
    return new PeerControl.SyncReady(
        number(in.getView()),
        in.getIncarnation(),
        in.hasCommon() ? number(in.getCommon()) : -1,
        ExtentMap.ofBytes(in.getChanged().toByteArray()),
        in.getTakesDigests());
  }

  /** View and write numbers are below 2^63. */
  static long number(long value) throws FrameException {
    if (value < 0) {
      throw new FrameException("control message with number " + Long.toUnsignedString(value));
    }
    return value;
  }

  private static VerifyResult toProto(PeerControl.VerifyResult result) {
    return switch (result) {
      case EQUAL -> VerifyResult.VERIFY_EQUAL;
      case DIFFERENT -> VerifyResult.VERIFY_DIFFERENT;
      case NOT_COMPARED -> VerifyResult.VERIFY_NOT_COMPARED;
    };
  }

  private static PeerControl.VerifyResult fromProto(VerifyResult result) throws FrameException {
    return switch (result) {
      case VERIFY_EQUAL -> PeerControl.VerifyResult.EQUAL;
      case VERIFY_DIFFERENT -> PeerControl.VerifyResult.DIFFERENT;
      case VERIFY_NOT_COMPARED -> PeerControl.VerifyResult.NOT_COMPARED;
      case VERIFY_UNSPECIFIED, UNRECOGNIZED -> throw new FrameException("unknown verify result");
    };
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
