package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;

/** What a secondary does with the primary's frames: applies writes, takes a resync. */
final class Secondary {
  private final Replica replica;
  private final BlockTable table;
  private final RamDevice ram;
  private final Slots slots;

  /** The lone view whose primary fills this copy; 0 when none does. */
  private long syncView;

  /** Whether the primary has said from which number live writes go on. */
  private boolean syncStarted;

  Secondary(Replica replica, BlockTable table, RamDevice ram, Slots slots) {
    this.replica = replica;
    this.table = table;
    this.ram = ram;
    this.slots = slots;
  }

  boolean isSyncTarget() {
    return syncView != 0;
  }

  /** The connection is gone, or a view was learnt: a resync that was under way is over. */
  void endSync() {
    syncView = 0;
    syncStarted = false;
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
    if (command == Command.WRITE) {
      ram.write(offset, payload);
    } else {
      ram.zero(offset, length);
    }
    changed(offset, length);
  }

  void blocks(Link link, long view, long offset, long length, ByteBuf data) {
    link.received++;
    link.owesConfirmation = true;
    replica.requestEndTurn();
    if (!syncStarted || view != syncView) {
      return;
    }
    if (data == null) {
      ram.zero(offset, length);
    } else {
      ram.write(offset, data);
    }
    changed(offset, length);
  }

  void barrier(Link link) {
    link.received++;
    link.owesConfirmation = true;
    replica.requestEndTurn();
  }

  private void changed(long offset, long length) {
    int end = BlockTable.endBlock(offset, length);
    for (int block = (int) (offset / BlockTable.BLOCK_BYTES); block < end; block++) {
      table.lastChanged[block] = replica.number();
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

  /** The primary offers to fill this copy: the views are read once more before RAM is discarded. */
  void offered(Link link, long offeredView) {
    if (replica.isPrimary() || replica.isFrozen()) {
      link.out.control(new PeerControl.SyncRefused(offeredView, "this node is changing the view"));
      return;
    }
    slots.read(
        (error, reading) -> {
          if (replica.link() != link || replica.isPrimary() || replica.isFrozen()) {
            return;
          }
          if (error != null) {
            replica.backingFailed(error);
            refuse(link, offeredView, "the backing cannot be read: " + error.getMessage());
            return;
          }
          replica.views().learn(reading);
          accept(link, offeredView, reading.peer());
        });
  }

  private void accept(Link link, long offeredView, SlotRecord peer) {
    View view = replica.view();
    int me = replica.config().node();
    if (view.number() != offeredView || !view.isLone(replica.config().peer())) {
      refuse(link, offeredView, "the latest view is " + view.number());
    } else if (peer == null || peer.nonce() != link.peer.nonce()) {
      refuse(link, offeredView, "the peer's slot on the backing is not the peer's");
    } else if (view.isMember(me)) {
      refuse(link, offeredView, "this node is a member of view " + view.number());
    } else {
      replica.views().discardCopy("resync from " + replica.config().nodeNames().get(1 - me));
      syncView = offeredView;
      syncStarted = false;
      link.out.control(new PeerControl.SyncReady(offeredView, replica.incarnation()));
    }
  }

  private static void refuse(Link link, long view, String reason) {
    link.out.control(new PeerControl.SyncRefused(view, reason));
  }

  void started(long view, long number) {
    if (view == syncView) {
      syncStarted = true;
      replica.views().beginNumbersAt(number);
    }
  }
}
