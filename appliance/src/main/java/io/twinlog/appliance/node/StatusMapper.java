package io.twinlog.appliance.node;

import io.twinlog.blockdev.aoe.AoeCounters;
import io.twinlog.proto.admin.AoeStatus;
import io.twinlog.proto.admin.BackingStatus;
import io.twinlog.proto.admin.Counters;
import io.twinlog.proto.admin.Difference;
import io.twinlog.proto.admin.PeerStatus;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.ShelfStatus;
import io.twinlog.proto.admin.SyncStatus;
import io.twinlog.proto.admin.VerifyStatus;
import io.twinlog.proto.admin.ViewStatus;
import io.twinlog.replication.core.ReplicaReport;
import java.util.Locale;

/** A replica's report in the words of the administration protocol. */
final class StatusMapper {

  private StatusMapper() {}

  /** All but what a replica knows nothing of. */
  static ResourceStatus.Builder of(ReplicaReport report) {
    return ResourceStatus.newBuilder()
        .setName(report.name())
        .setRole(word(report.role()))
        .setConnection(word(report.connection()))
        .setPeer(peer(report.peer()))
        .setCopy(word(report.copy()))
        .setView(view(report.view()))
        .setBacking(backing(report.backing()))
        .setExposureBytes(report.exposureBytes())
        .setExposureMillis(report.exposureMillis())
        .setEmergency(report.emergency())
        .setFencing(report.fencing())
        .setSync(sync(report.sync()))
        .setVerify(verify(report.verify()))
        .setSuspended(report.suspended())
        .setPendingRequests(report.pendingRequests())
        .setCounters(counters(report.counters()));
  }

  /** A state's constant as it is written for users: {@code UP_TO_DATE} is {@code up-to-date}. */
  static String word(Enum<?> state) {
    return state == null ? "unknown" : state.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A view as events write it: {@code 5 {alpha*,beta}}, the primary with a star. */
  static String describe(ReplicaReport.ViewState view) {
    StringBuilder text = new StringBuilder().append(view.number()).append(" {");
    String separator = "";
    for (String member : view.members()) {
      text.append(separator).append(member).append(member.equals(view.primary()) ? "*" : "");
      separator = ",";
    }
    return text.append('}').toString();
  }

  private static PeerStatus peer(ReplicaReport.PeerState peer) {
    return PeerStatus.newBuilder()
        .setNode(peer.node())
        .setRole(word(peer.role()))
        .setCopy(word(peer.copy()))
        .build();
  }

  private static ViewStatus view(ReplicaReport.ViewState view) {
    return ViewStatus.newBuilder()
        .setNumber(view.number())
        .addAllMembers(view.members())
        .setPrimary(view.primary())
        .setComplete(view.complete())
        .build();
  }

  private static BackingStatus backing(ReplicaReport.BackingState backing) {
    return BackingStatus.newBuilder()
        .setState(backing.state())
        .setComplete(backing.complete())
        .setDirtyBytes(backing.dirtyBytes())
        .setDirtyAgeMillis(backing.dirtyAgeMillis())
        .setCommittedNumber(backing.committedNumber())
        .setLoggedNumber(backing.loggedNumber())
        .setCheckpointNumber(backing.checkpointNumber())
        .setRingUsedBytes(backing.ringUsedBytes())
        .setRingBytes(backing.ringBytes())
        .setPopulated(backing.populated())
        .addAllShelves(backing.shelves().stream().map(StatusMapper::shelf).toList())
        .build();
  }

  private static ShelfStatus shelf(ReplicaReport.ShelfState shelf) {
    return ShelfStatus.newBuilder()
        .setState(shelf.state())
        .setError(shelf.error())
        .setDoneBytes(shelf.doneBytes())
        .setTotalBytes(shelf.totalBytes())
        .setFilledBytes(shelf.filledBytes())
        .build();
  }

  static AoeStatus aoe(AoeCounters counters) {
    return AoeStatus.newBuilder()
        .setClients((int) counters.clients())
        .setRequests(counters.requests())
        .setNotAllowed(counters.notAllowed())
        .setTooMany(counters.tooMany())
        .setTooFast(counters.tooFast())
        .setLate(counters.late())
        .setMalformed(counters.malformed())
        .build();
  }

  private static SyncStatus sync(ReplicaReport.SyncProgress sync) {
    return SyncStatus.newBuilder()
        .setDoneBytes(sync.doneBytes())
        .setBackingBytes(sync.backingBytes())
        .setTotalBytes(sync.totalBytes())
        .setBytesPerSecond(sync.bytesPerSecond())
        .setLeftMillis(sync.leftMillis())
        .setWhole(sync.whole())
        .setPaused(sync.paused())
        .setWaitMillis(sync.waitMillis())
        .build();
  }

  private static VerifyStatus verify(ReplicaReport.VerifyState verify) {
    VerifyStatus.Builder status =
        VerifyStatus.newBuilder()
            .setWith(verify.with())
            .setRunning(verify.running())
            .setDoneBytes(verify.doneBytes())
            .setTotalBytes(verify.totalBytes())
            .setBytesPerSecond(verify.bytesPerSecond())
            .setDifferingBytes(verify.differingBytes())
            .setVerifiedBytes(verify.verifiedBytes())
            .setFoundBytes(verify.foundBytes());
    for (ReplicaReport.Difference difference : verify.differences()) {
      status.addDifferences(
          Difference.newBuilder()
              .setCopy(difference.copy())
              .setOffsetBytes(difference.offsetBytes())
              .setLengthBytes(difference.lengthBytes()));
    }
    return status.build();
  }

  private static Counters counters(ReplicaReport.Counters counters) {
    return Counters.newBuilder()
        .setReadRequests(counters.readRequests())
        .setWriteRequests(counters.writeRequests())
        .setReadBytes(counters.readBytes())
        .setWrittenBytes(counters.writtenBytes())
        .setBatches(counters.batches())
        .setLoggedBytes(counters.loggedBytes())
        .setCheckpoints(counters.checkpoints())
        .setViewChanges(counters.viewChanges())
        .setQuickResyncs(counters.resyncs().quick())
        .setWholeResyncs(counters.resyncs().whole())
        .setResyncBytes(counters.resyncs().bytes())
        .setResyncBackingBytes(counters.resyncs().backingBytes())
        .setShelfFills(counters.shelves().fills())
        .setShelfFillBytes(counters.shelves().bytes())
        .build();
  }
}
