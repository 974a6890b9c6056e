package io.twinlog.replication.net;

import io.twinlog.blockdev.log.View;
import io.twinlog.blockdev.log.View.CutLimit;
import java.util.ArrayList;
import java.util.List;

/** {@link View} as the protobuf message {@code twinlog.peer.View}, both ways. */
final class ViewCodec {

  private static final int BOTH_NODES = 0b11;

  private ViewCodec() {}

  static io.twinlog.proto.peer.View toProto(View view) {
    io.twinlog.proto.peer.View.Builder out =
        io.twinlog.proto.peer.View.newBuilder()
            .setNumber(view.number())
            .setMembers(view.members())
            .setIncarnation0(view.incarnation0())
            .setIncarnation1(view.incarnation1())
            .setBase(view.base())
            .setCompleteAtBirth(view.completeAtBirth())
            .setClean(view.clean())
            .setLiveShelves(view.liveShelves());
    if (view.primary() != View.NO_NODE) {
      out.setPrimary(view.primary());
    }
    for (CutLimit limit : view.limits()) {
      out.addLimitsBuilder().setFromView(limit.fromView()).setMaxCut(limit.maxCut());
    }
    return out.build();
  }

  static View fromProto(io.twinlog.proto.peer.View in) throws FrameException {
    int primary = in.hasPrimary() ? in.getPrimary() : View.NO_NODE;
    if (primary < View.NO_NODE || primary > 1 || (in.getMembers() & ~BOTH_NODES) != 0) {
      throw new FrameException("view with an unknown node");
    }
    if (in.getLimitsCount() > View.MAX_LIMITS) {
      throw new FrameException("view with " + in.getLimitsCount() + " limits");
    }
    List<CutLimit> limits = new ArrayList<>(in.getLimitsCount());
    for (io.twinlog.proto.peer.CutLimit limit : in.getLimitsList()) {
      limits.add(
          new CutLimit(
              ControlCodec.number(limit.getFromView()), ControlCodec.number(limit.getMaxCut())));
    }
    return new View(
        ControlCodec.number(in.getNumber()),
        primary,
        in.getMembers(),
        in.getIncarnation0(),
        in.getIncarnation1(),
        ControlCodec.number(in.getBase()),
        in.getCompleteAtBirth(),
        in.getClean(),
        in.getLiveShelves(),
        limits);
  }
}
