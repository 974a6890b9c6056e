package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.RamDevice;

/**
 * The one link to the peer: its coming and going, the proof that both nodes use the same backing,
 * and which part hears what the peer says. What comes on an older connection is not heard.
 */
final class LinkKeeper {
  private static final int MAX_NONCE_MISMATCHES = 3;

  private final Replica replica;
  private final Slots slots;
  private final RamDevice ram;
  private final Primary primary;
  private final Secondary secondary;
  private final SyncSource syncSource;
  private final Eviction eviction;
  private final Failover failover;
  private final VerifyTarget verifyTarget;

  private Link link;
  private boolean standalone;
  private int nonceMismatches;

  /** The peer has said that no backing I/O of a view before this is under way at it. */
  private long peerDrainedView;

  private long saidDrainedView;

  LinkKeeper(
      Replica replica,
      Slots slots,
      RamDevice ram,
      Primary primary,
      Secondary secondary,
      SyncSource syncSource,
      Eviction eviction,
      Failover failover,
      VerifyTarget verifyTarget) {
    this.replica = replica;
    this.slots = slots;
    this.ram = ram;
    this.primary = primary;
    this.secondary = secondary;
    this.syncSource = syncSource;
    this.eviction = eviction;
    this.failover = failover;
    this.verifyTarget = verifyTarget;
  }

  /** The connection, or null. */
  Link link() {
    return link;
  }

  boolean isStandalone() {
    return standalone;
  }

  boolean wantsLink() {
    return !standalone && replica.isIdentified();
  }

  long peerDrainedView() {
    return peerDrainedView;
  }

  void standAlone(boolean alone) {
    if (standalone != alone && link == null) {
      replica.event("connection", state(standalone), state(alone), "operator");
    }
    standalone = alone;
    nonceMismatches = 0;
  }

  private static String state(boolean alone) {
    return alone ? "standalone" : "connecting";
  }

  void tick() {
    if (link == null) {
      return;
    }
    ReplicaConfig.Timing timing = replica.config().timing();
    long now = replica.now();
    if (now - link.heardNanos > timing.peerTimeout().toNanos()) {
      close("the peer has been silent for too long");
    } else if (replica.isPrimary()
        && replica.isPair()
        && !replica.isFrozen()
        && primary.isWaitingSince(now - timing.confirmTimeout().toNanos())) {
      eviction.evicted("it does not confirm");
      close("the peer does not confirm");
    } else if (now - link.spokenNanos >= timing.heartbeat().toNanos()) {
      link.spokenNanos = now;
      link.out.heartbeat();
    }
  }

  /** This process was stopped for a while: the peer is judged by what it says from now on. */
  void forgetSilence() {
    if (link != null) {
      link.heardNanos = replica.now();
    }
  }

  void up(PeerOut out, PeerHello peer) {
    close("a newer connection");
    if (!wantsLink()) {
      out.close("standing alone");
      return;
    }
    link = new Link(out, peer, replica.now());
    replica.event("connection", "connecting", "connected", "");
    sayStatus();
    if (replica.isPrimary() && syncSource.isPaused()) {
      sayPaused();
    }
    replica.emergency().linkUp(link);
    saidDrainedView = 0;
    verify(link);
    replica.requestEndTurn();
  }

  /** Both nodes must see each other's nonce through the backing: then it is the same one. */
  private void verify(Link of) {
    slots.read(
        (error, reading) -> {
          if (link != of) {
            return;
          }
          if (error != null) {
            replica.backingFailed(error);
            replica.after(Replica.RETRY_NANOS, () -> verifyIfLinked(of));
            return;
          }
          replica.views().learn(reading);
          if (link != of) {
            return;
          }
          if (reading.peer() == null || reading.peer().nonce() != of.peer.nonce()) {
            otherBacking();
            return;
          }
          of.verified = true;
          nonceMismatches = 0;
          replica.requestEndTurn();
        });
  }

  private void verifyIfLinked(Link of) {
    if (link == of) {
      verify(of);
    }
  }

  /** Once may be a peer that has just started again; three times is two backings. */
  private void otherBacking() {
    nonceMismatches++;
    standalone = nonceMismatches >= MAX_NONCE_MISMATCHES;
    close(
        "the peer uses another backing: what it wrote to its slot is not to be seen here;"
            + " make both nodes' shelves the same, then connect");
  }

  void down(PeerOut out, String reason) {
    if (link != null && link.out == out) {
      lost(reason);
    }
  }

  /** Closes the link from this side, when there is one. */
  void close(String reason) {
    if (link != null) {
      PeerOut out = link.out;
      lost(reason);
      out.close(reason);
    }
  }

  private void lost(String reason) {
    link = null;
    secondary.endSync();
    syncSource.end();
    replica.event("connection", "connected", state(standalone), reason);
    failover.linkLost();
    if (replica.isPrimary() && replica.isPair() && !replica.isChanging()) {
      replica.views().goAlone(reason);
    }
    replica.requestEndTurn();
  }

  /** The link when the message came on it, which then has given a sign of life; else null. */
  Link heard(PeerOut from) {
    if (link == null || link.out != from) {
      return null;
    }
    link.heardNanos = replica.now();
    return link;
  }

  void write(
      PeerOut from,
      long view,
      long number,
      Command command,
      long offset,
      long length,
      ByteBuf payload) {
    Link of = heard(from);
    if (of != null && inDevice(offset, length)) {
      secondary.write(of, view, number, command, offset, length, payload);
    }
  }

  void blocks(PeerOut from, long view, long offset, long length, ByteBuf data) {
    Link of = heard(from);
    if (of != null && inDevice(offset, length)) {
      secondary.blocks(of, view, offset, length, data);
    }
  }

  void digests(PeerOut from, long view, long offset, ByteBuf digests) {
    Link of = heard(from);
    if (of == null) {
      return;
    }
    int blocks = digests.readableBytes() / BlockDigests.BYTES;
    if (offset % BlockTable.BLOCK_BYTES != 0
        || blocks > BackingFill.MOST_BLOCKS
        || blocks * BlockDigests.BYTES != digests.readableBytes()) {
      close("the peer sends digests of %d bytes at %d".formatted(digests.readableBytes(), offset));
    } else if (inDevice(offset, (long) blocks * BlockTable.BLOCK_BYTES)) {
      secondary.digests(of, view, (int) (offset / BlockTable.BLOCK_BYTES), digests);
    }
  }

  private boolean inDevice(long offset, long length) {
    if (offset < 0 || length < 0 || offset > ram.sizeBytes() - length) {
      close("the peer writes outside the device: %d bytes at %d".formatted(length, offset));
      return false;
    }
    return true;
  }

  void barrier(PeerOut from) {
    Link of = heard(from);
    if (of != null) {
      secondary.barrier(of);
    }
  }

  void confirm(PeerOut from, long view, long number, long frames) {
    Link of = heard(from);
    if (of == null || frames > of.sent) {
      return;
    }
    of.confirmedFrames = frames;
    if (!replica.isPrimary() || view != replica.view().number()) {
      return;
    }
    if (replica.isPair()) {
      if (replica.mayAct()) {
        primary.confirmed(number, frames);
      }
    } else if (syncSource.isStreaming()) {
      syncSource.confirmed(number);
    }
    replica.requestEndTurn();
  }

  void control(PeerOut from, PeerControl message) {
    Link of = heard(from);
    if (of == null) {
      return;
    }
    replica.requestEndTurn();
    if (message instanceof PeerControl.ViewAnnounce announce) {
      replica.views().announced(announce.view());
    } else if (message instanceof PeerControl.PeerStatus status) {
      of.peerRole = status.role();
      of.peerCopy = status.copy();
    } else if (message instanceof PeerControl.Drained drained) {
      peerDrainedView = Math.max(peerDrainedView, drained.view());
    } else if (message instanceof PeerControl.SyncOffer offer) {
      secondary.offered(of, offer);
    } else if (message instanceof PeerControl.SyncReady ready) {
      of.peerIncarnation = ready.incarnation();
      syncSource.ready(of, ready);
    } else if (message instanceof PeerControl.SyncStart start) {
      secondary.started(of, start);
    } else if (message instanceof PeerControl.DigestAnswer answer) {
      syncSource.answered(answer);
    } else if (message instanceof PeerControl.SyncPause pause) {
      pauseHeard(pause.paused());
    } else if (message instanceof PeerControl.SyncRefused refused) {
      replica.event("resync", "", "refused", refused.reason());
      syncSource.refused(refused.view());
      // It may have marked a view that this node has not seen.
      replica.views().look();
    } else if (message instanceof PeerControl.VerifyPiece piece) {
      verifyTarget.compare(of, piece);
    } else if (message instanceof PeerControl.VerifyAnswer answer) {
      replica.verifyAnswered(of, answer);
    } else if (message instanceof PeerControl.Emergency emergency) {
      replica.emergency().heard(emergency.on());
    } else if (message instanceof PeerControl.SwitchoverRequest) {
      switchoverAsked(of);
    } else if (message instanceof PeerControl.SwitchoverRefused refused) {
      failover.switchoverRefused(refused.reason());
    }
  }

  private void pauseHeard(boolean paused) {
    if (replica.isPrimary()) {
      syncSource.pause(paused);
      sayPaused();
    } else {
      secondary.paused(paused);
    }
  }

  /** Tells the secondary whether its resync waits. */
  void sayPaused() {
    if (link != null && !replica.isPair()) {
      link.out.control(new PeerControl.SyncPause(syncSource.isPaused()));
    }
  }

  private void switchoverAsked(Link of) {
    replica.switchover(
        new Outcome() {
          @Override
          public void done(String detail) {}

          @Override
          public void refused(String reason) {
            if (link == of) {
              of.out.control(new PeerControl.SwitchoverRefused(reason));
            }
          }
        });
  }

  void sayStatus() {
    if (link != null) {
      Role role = replica.isPrimary() ? Role.PRIMARY : Role.SECONDARY;
      link.out.control(new PeerControl.PeerStatus(role, replica.copy(), false));
    }
  }

  /**
   * Tells the peer, once a view, that nothing of an earlier primacy is under way on the backing.
   */
  void sayDrained() {
    if (link != null
        && !replica.isPrimary()
        && saidDrainedView < replica.view().number()
        && !replica.isWritingToBacking()) {
      saidDrainedView = replica.view().number();
      link.out.control(new PeerControl.Drained(replica.view().number()));
    }
  }
}
