package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import java.util.BitSet;

/** What a secondary does with the primary's frames: applies writes, takes a resync. */
final class Secondary {
  private final Replica replica;
  private final BlockTable table;
  private final RamDevice ram;
  private final Slots slots;
  private final RamRecord record;
  private final SyncMeter meter = new SyncMeter();
  private final BackingFill fill;

  /** The lone view whose primary fills this copy; 0 when none does. */
  private long syncView;

  /** Whether the primary has said from which number live writes go on. */
  private boolean syncStarted;

  /** What the primary has said last. */
  private boolean paused;

  Secondary(
      Replica replica,
      Effects effects,
      BlockTable table,
      RamDevice ram,
      Slots slots,
      RamRecord record) {
    this.replica = replica;
    this.table = table;
    this.ram = ram;
    this.slots = slots;
    this.record = record;
    this.fill = new BackingFill(replica, effects, table, ram, record, meter);
  }

  boolean isSyncTarget() {
    return syncView != 0;
  }

  /** The connection is gone, or a view was learnt: a resync that was under way is over. */
  void endSync() {
    syncView = 0;
    syncStarted = false;
    paused = false;
    fill.end();
    meter.end();
  }

  void tick() {
    meter.tick(replica.now());
  }

  void paused(boolean isPaused) {
    if (paused != isPaused) {
      paused = isPaused;
      String to = isPaused ? "paused" : "running";
      replica.event("resync", isPaused ? "running" : "paused", to, "at the primary");
    }
  }

  ReplicaReport.SyncProgress progress() {
    return meter.progress(paused, 0);
  }

  ReplicaReport.SyncCounters counters() {
    return meter.counters();
  }

  void write(
      Link link,
      long view,
      long number,
      Command command,
      long offset,
      long length,
      ByteBuf payload) {
    link.received++;
    link.owesConfirmation = true;
    replica.requestEndTurn();
    boolean syncing = syncStarted && view == syncView;
    if (!syncing && !mayApply(view)) {
      return;
    }
    if (number != replica.number() + 1) {
      if (number > replica.number()) {
        replica.closeLink("write %d after %d: a gap".formatted(number, replica.number()));
      }
      return;
    }
    replica.advanceNumber();
    record.begin(number, offset, length);
    if (command == Command.WRITE) {
      ram.write(offset, payload);
    } else {
      ram.zero(offset, length);
    }
    written(offset, length);
    record.end(number);
  }

  void blocks(Link link, long view, long offset, long length, ByteBuf data) {
    link.received++;
    link.owesConfirmation = true;
    replica.requestEndTurn();
    boolean syncing = syncStarted && view == syncView;
    if (!syncing && !mayApply(view)) {
      return;
    }
    if (data == null) {
      ram.zero(offset, length);
    } else {
      ram.write(offset, data);
    }
    record.order();
    int end = BlockTable.endBlock(offset, length);
    for (int block = (int) (offset / BlockTable.BLOCK_BYTES); block < end; block++) {
      table.changed(block, replica.number());
    }
    meter.done(length);
  }

  /** What blocks are: they may be in the backing. */
  void digests(Link link, long view, int first, ByteBuf digests) {
    link.received++;
    link.owesConfirmation = true;
    replica.requestEndTurn();
    if (syncStarted && view == syncView) {
      fill.look(first, digests);
    }
  }

  void barrier(Link link) {
    link.received++;
    link.owesConfirmation = true;
    replica.requestEndTurn();
  }

  /** A block that a resync has not sent yet stays unknown: a write may be of a part of it. */
  private void written(long offset, long length) {
    int first = (int) (offset / BlockTable.BLOCK_BYTES);
    int end = BlockTable.endBlock(offset, length);
    fill.written(first, end);
    for (int block = first; block < end; block++) {
      if (table.lastChanged[block] != BlockTable.UNKNOWN) {
        table.changed(block, replica.number());
      }
    }
  }

  private boolean mayApply(long view) {
    return view == replica.view().number()
        && !replica.isPrimary()
        && replica.isMember()
        && replica.mayAct();
  }

  /** At the end of a turn: one confirmation for everything taken in. */
  void confirm(Link link) {
    if (!link.owesConfirmation || !replica.mayAct()) {
      return;
    }
    link.owesConfirmation = false;
    long view = syncView != 0 ? syncView : replica.view().number();
    link.spokenNanos = replica.now();
    link.out.confirm(view, replica.number(), link.received);
  }

  /** The primary offers to fill this copy: the views are read once more before RAM is given up. */
  void offered(Link link, PeerControl.SyncOffer offer) {
    if (replica.isPrimary() || replica.isFrozen()) {
      refuse(link, offer, "this node is changing the view");
      return;
    }
    slots.read(
        (error, reading) -> {
          if (replica.link() != link || replica.isPrimary() || replica.isFrozen()) {
            return;
          }
          if (error != null) {
            replica.backingFailed(error);
            refuse(link, offer, "the backing cannot be read: " + error.getMessage());
            return;
          }
          replica.views().learn(reading);
          accept(link, offer, reading.peer());
        });
  }

  private void accept(Link link, PeerControl.SyncOffer offer, SlotRecord peer) {
    View view = replica.view();
    int me = replica.config().node();
    if (view.number() != offer.view() || !view.isLone(replica.config().peer())) {
      refuse(link, offer, "the latest view is " + view.number());
    } else if (peer == null || peer.nonce() != link.peer.nonce()) {
      refuse(link, offer, "the peer's slot on the backing is not the peer's");
    } else if (view.isMember(me)) {
      refuse(link, offer, "this node is a member of view " + view.number());
    } else {
      giveUp(link, offer);
    }
  }

  private void giveUp(Link link, PeerControl.SyncOffer offer) {
    StartingPoint start = replica.views().startingPoint();
    long common = start.common(offer.view(), offer.bases());
    ExtentMap changed =
        common == StartingPoint.NONE
            ? ExtentMap.EMPTY
            : ExtentMap.of(start.changedAfter(common, table), table.blocks);
    String primary = replica.config().nodeNames().get(replica.config().peer());
    replica.views().giveUpCopy("resync from " + primary);
    syncView = offer.view();
    syncStarted = false;
    link.out.control(
        new PeerControl.SyncReady(offer.view(), replica.incarnation(), common, changed, true));
  }

  private static void refuse(Link link, PeerControl.SyncOffer offer, String reason) {
    link.out.control(new PeerControl.SyncRefused(offer.view(), reason));
  }

  /** The primary has chosen what it sends: until a block has come, its content is unknown. */
  void started(Link link, PeerControl.SyncStart start) {
    if (start.view() != syncView || syncStarted) {
      return;
    }
    BitSet blocks = new BitSet(table.blocks);
    if (start.whole()) {
      blocks.set(0, table.blocks);
    } else {
      start.blocks().addTo(blocks, table.blocks);
    }
    for (int block = blocks.nextSetBit(0); block >= 0; block = blocks.nextSetBit(block + 1)) {
      table.unknown(block, block + 1);
    }
    syncStarted = true;
    fill.begin(link, syncView, replica.incarnation());
    replica.views().followFrom(start.number());
    long bytes = (long) blocks.cardinality() * BlockTable.BLOCK_BYTES;
    meter.begin(start.whole(), bytes, replica.now());
  }
}
