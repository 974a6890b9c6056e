package io.twinlog.replication.core;

import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import java.io.IOException;

/**
 * How a process becomes its node: it reads the slots, sees that no other process moves the node's
 * own one, and writes there who it is.
 */
final class Starting {
  private final Replica replica;
  private final Slots slots;
  private final Views views;
  private boolean identified;

  Starting(Replica replica, Slots slots, Views views) {
    this.replica = replica;
    this.slots = slots;
    this.views = views;
  }

  /** Whether the own slot says who this process is. */
  boolean isIdentified() {
    return identified;
  }

  /** Begins, and begins again until the backing can be read. */
  void start() {
    slots.read(
        (error, reading) -> {
          if (error == null && reading.own() == null) {
            replica.backingFailed(new IOException("the backing has no slot of this node"));
          } else if (error != null) {
            replica.backingFailed(error);
          } else if (reading.own().incarnation() == 0) {
            started(reading);
            return;
          } else {
            watchOwnSlot(reading.own());
            return;
          }
          replica.after(Replica.RETRY_NANOS, this::start);
        });
  }

  /** Another process may be this node: then its slot moves, and this one does not begin. */
  private void watchOwnSlot(SlotRecord before) {
    replica.after(
        2 * replica.config().timing().counterInterval().toNanos() + Replica.RETRY_NANOS,
        () ->
            slots.read(
                (error, reading) -> {
                  if (error != null) {
                    replica.backingFailed(error);
                  } else if (reading.own() == null
                      || reading.own().sequence() != before.sequence()) {
                    replica.backingFailed(
                        new IOException(
                            "another process is node "
                                + replica.config().nodeNames().get(replica.config().node())
                                + ": its slot on the backing moves; stop that one first"));
                  } else {
                    started(reading);
                    return;
                  }
                  replica.after(Replica.RETRY_NANOS, this::start);
                }));
  }

  private void started(Slots.Reading reading) {
    slots.adopt(reading.own(), !replica.config().stagger().isSingle());
    identify(views.start(reading));
  }

  /** Writes who this process is; until that is durable no link is wanted. */
  private void identify(View learnt) {
    slots.update(
        own -> own.learn(learnt).identify(views.incarnation(), views.nonce()),
        error -> {
          if (error == null) {
            identified = true;
          } else {
            replica.backingFailed(error);
            replica.after(Replica.RETRY_NANOS, () -> identify(learnt));
          }
        });
  }
}
