package io.twinlog.appliance.cli;

import io.twinlog.proto.admin.AoeStatus;
import io.twinlog.proto.admin.BackingStatus;
import io.twinlog.proto.admin.Counters;
import io.twinlog.proto.admin.Difference;
import io.twinlog.proto.admin.NodeStatus;
import io.twinlog.proto.admin.PeerStatus;
import io.twinlog.proto.admin.ResourceStatus;
import io.twinlog.proto.admin.ShelfStatus;
import io.twinlog.proto.admin.SyncStatus;
import io.twinlog.proto.admin.VerifyStatus;
import io.twinlog.proto.admin.ViewStatus;
import java.util.List;

/** Statuses for the tests of what is printed. */
final class Statuses {

  private Statuses() {}

  /** A primary whose peer is connected and up to date. */
  static ResourceStatus.Builder connected() {
    return ResourceStatus.newBuilder()
        .setName("r0")
        .setRole("primary")
        .setConnection("connected")
        .setPeer(PeerStatus.newBuilder().setNode("beta").setRole("secondary").setCopy("up-to-date"))
        .setCopy("up-to-date")
        .setView(
            ViewStatus.newBuilder()
                .setNumber(5)
                .addAllMembers(List.of("alpha", "beta"))
                .setPrimary("alpha"))
        .setBacking(
            BackingStatus.newBuilder()
                .setState("ok")
                .setDirtyBytes(24 << 10)
                .setDirtyAgeMillis(120)
                .setCommittedNumber(1240)
                .setLoggedNumber(1234)
                .setCheckpointNumber(1100)
                .setRingUsedBytes(1 << 20)
                .setRingBytes(512 << 20)
                .setPopulated(true)
                .addShelves(ShelfStatus.newBuilder().setState("live").setFilledBytes(64 << 10)))
        .setSync(SyncStatus.getDefaultInstance())
        .setPendingRequests(3)
        .setCounters(
            Counters.newBuilder()
                .setReadRequests(1)
                .setWriteRequests(2)
                .setReadBytes(3)
                .setWrittenBytes(4)
                .setBatches(5)
                .setLoggedBytes(6)
                .setCheckpoints(7)
                .setViewChanges(8)
                .setQuickResyncs(9)
                .setWholeResyncs(10)
                .setResyncBytes(11)
                .setResyncBackingBytes(21)
                .setShelfFills(12)
                .setShelfFillBytes(13))
        .setAoe(
            AoeStatus.newBuilder()
                .setClients(14)
                .setRequests(15)
                .setNotAllowed(16)
                .setTooMany(17)
                .setTooFast(18)
                .setLate(19)
                .setMalformed(20));
  }

  /** A lone primary that fills its peer. */
  static ResourceStatus.Builder syncing() {
    ResourceStatus.Builder status = connected().setConnection("sync-source");
    status.getPeerBuilder().setCopy("inconsistent");
    status.getViewBuilder().clearMembers().addMembers("alpha").setComplete(true);
    status.getBackingBuilder().setComplete(true).setDirtyBytes(0).setDirtyAgeMillis(0);
    status.getSyncBuilder().setDoneBytes(88 << 20).setTotalBytes(256 << 20);
    status.getSyncBuilder().setBytesPerSecond(40 << 20).setLeftMillis(4200).setWhole(true);
    return status;
  }

  /** The same after a verify that has found something. */
  static ResourceStatus.Builder verified() {
    VerifyStatus.Builder verify = VerifyStatus.newBuilder().setWith("backing");
    verify.setDoneBytes(256 << 20).setTotalBytes(256 << 20).setBytesPerSecond(40 << 20);
    verify.setVerifiedBytes(512 << 20).setFoundBytes(8192).setDifferingBytes(8192);
    verify.addDifferences(
        Difference.newBuilder().setCopy("backing").setOffsetBytes(4096).setLengthBytes(8192));
    return connected().setVerify(verify).setFencing("masks");
  }

  static NodeStatus alpha(ResourceStatus.Builder... resources) {
    NodeStatus.Builder node = NodeStatus.newBuilder().setNode("alpha");
    for (ResourceStatus.Builder resource : resources) {
      node.addResources(resource);
    }
    return node.build();
  }
}
