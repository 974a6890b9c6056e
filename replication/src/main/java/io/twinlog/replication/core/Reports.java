package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import io.twinlog.replication.core.ReplicaReport.BackingState;
import io.twinlog.replication.core.ReplicaReport.PeerState;
import io.twinlog.replication.core.ReplicaReport.ShelfState;
import io.twinlog.replication.core.ReplicaReport.SyncProgress;
import io.twinlog.replication.core.ReplicaReport.ViewState;
import java.util.ArrayList;
import java.util.List;

/** Makes the picture of a replica that status and metrics show. */
final class Reports {
  private Reports() {}

  static ReplicaReport of(
      Replica replica,
      Destager destager,
      LogWriter log,
      Checkpointer checkpointer,
      Loader loader,
      BlockTable table,
      Primary primary) {
    String backingError = replica.backingError();
    boolean isPrimary = replica.isPrimary();
    long dirtyBytes =
        isPrimary
            ? (long) table.dirty.cardinality() * BlockTable.BLOCK_BYTES + log.batchBytes()
            : 0;
    long dirtyMillis =
        dirtyBytes == 0 ? 0 : (replica.now() - destager.dirtySinceNanos()) / 1_000_000;
    boolean alone = isPrimary && !replica.isPair();
    long exposure = alone && !destager.isFirstBatchDone() ? dirtyBytes : 0;
    BackingState backing =
        new BackingState(
            backingError.isEmpty() ? "ok" : backingError,
            replica.isComplete(),
            dirtyBytes,
            dirtyMillis,
            replica.number(),
            log.logged(),
            checkpointer.position(),
            log.usedBytes(),
            replica.config().layout().ringBytes(),
            isPrimary ? replica.isPopulated() : loader.isDone(),
            shelves(replica));
    Link link = replica.link();
    String peerName = replica.config().nodeNames().get(replica.config().peer());
    PeerState peer =
        link == null
            ? new PeerState(peerName, Role.SECONDARY, Copy.UNKNOWN)
            : new PeerState(peerName, link.peerRole, link.peerCopy);
    SyncProgress sync = replica.syncProgress();
    return new ReplicaReport(
        replica.name(),
        isPrimary ? Role.PRIMARY : Role.SECONDARY,
        replica.connection(),
        peer,
        replica.copy(),
        viewOf(replica),
        backing,
        exposure,
        exposure == 0 ? 0 : Math.max(1, exposure * 1000 / log.bytesPerSecond()),
        replica.emergency().isOn(),
        replica.shelves().fence().text(),
        sync,
        replica.verifyState(),
        suspended(replica, destager, primary, backingError),
        primary.openRequests(),
        primary.counters(replica.viewChanges(), checkpointer.checkpoints()));
  }

  private static List<ShelfState> shelves(Replica replica) {
    Shelves shelves = replica.shelves();
    List<ShelfState> states = new ArrayList<>();
    for (int i = 0; i < shelves.stagger().shelves() && !shelves.isSingle(); i++) {
      ShelfFill fill = replica.shelfKeeper().fill();
      boolean filling = (shelves.filling() & 1 << i) != 0;
      boolean live = (shelves.live() & 1 << i) != 0;
      boolean failed = (shelves.failed() & 1 << i) != 0;
      String error = shelves.error(i);
      if (error.isEmpty() && !live && !filling && replica.isPrimary()) {
        error = fill.obstacle();
      }
      states.add(
          new ShelfState(
              filling ? "filling" : failed ? "failed" : live ? "live" : "stale",
              error,
              filling ? fill.copiedBytes() : 0,
              filling ? fill.toCopyBytes() : 0,
              fill.latestBytes(i)));
    }
    return states;
  }

  private static ViewState viewOf(Replica replica) {
    View view = replica.view();
    if (view == null) {
      return new ViewState(0, List.of(), "", false);
    }
    List<String> names = replica.config().nodeNames();
    List<String> members = new ArrayList<>(2);
    for (int node = 0; node < 2; node++) {
      if (view.isMember(node)) {
        members.add(names.get(node));
      }
    }
    String primary = view.primary() == View.NO_NODE ? "" : names.get(view.primary());
    boolean complete = view.completeAtBirth() || replica.isComplete();
    return new ViewState(view.number(), members, primary, complete);
  }

  private static String suspended(
      Replica replica, Destager destager, Primary primary, String backingError) {
    String error = backingError.isEmpty() ? "" : ": " + backingError;
    if (!replica.isPrimary()) {
      return replica.view() != null && replica.isProposing()
          ? "a promotion is proposed and waits for the backing" + error
          : "";
    }
    if (replica.isFrozen()) {
      return "the view is being changed" + error;
    }
    if (!replica.isPair() && !destager.isFirstBatchDone()) {
      return "what only this node's RAM holds is being logged" + error;
    }
    if (replica.needsCheckpoint()) {
      return "the view has changed too often since the last checkpoint; one is being made";
    }
    if (replica.holdsRequests()) {
      return "the primary is giving its role up";
    }
    if (replica.isPair() && !backingError.isEmpty() && primary.hasFlushes()) {
      return "requests wait for the log" + error;
    }
    return replica.isPair() ? "" : backingError;
  }
}
