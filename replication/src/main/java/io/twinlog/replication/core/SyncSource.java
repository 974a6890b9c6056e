package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.twinlog.blockdev.RamDevice;

/**
 * How a lone, complete primary fills its peer's copy. Blocks go out on the same ordered link as the
 * writes that are committed meanwhile, so the target's RAM is this node's as of the last frame
 * taken in. When it has everything, the rejoin is proposed.
 */
final class SyncSource {
  /** One frame: small enough that heartbeats and writes pass (design, section 5). */
  static final int PIECE_BYTES = 128 * 1024;

  /** Block bytes sent and not yet taken in by the target. */
  private static final int WINDOW_PIECES = 32;

  private static final long OFFER_RETRY_NANOS = 1_000_000_000L;
  private static final long FIRST_BACKOFF_NANOS = 1_000_000_000L;
  private static final long LONGEST_BACKOFF_NANOS = 60_000_000_000L;

  private enum State {
    IDLE,
    OFFERED,
    /** Blocks and live writes go out. */
    STREAMING,
    /** Everything has gone out; waits for the target, and for the log to be quiet. */
    SETTLING,
    /** The rejoin is being proposed. */
    REJOINING
  }

  private final Replica replica;
  private final RamDevice ram;
  private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;

  private State state = State.IDLE;
  private long targetIncarnation;
  private long cursor;
  private long notBeforeNanos;
  private long backoffNanos;
  private long startedNanos;
  private long settlingSinceNanos;

  /** What the target has confirmed of the live writes. */
  private long targetNumber;

  SyncSource(Replica replica, RamDevice ram) {
    this.replica = replica;
    this.ram = ram;
  }

  boolean isActive() {
    return state != State.IDLE && state != State.OFFERED;
  }

  /** Whether committed writes go to the target. */
  boolean isStreaming() {
    return isActive();
  }

  /** Whether no batch of pending writes is to be begun: the rejoin is about to be proposed. */
  boolean holdsLog() {
    return state == State.SETTLING || (state == State.REJOINING && !replica.mayAct());
  }

  long targetIncarnation() {
    return targetIncarnation;
  }

  /** The link is gone, or the view has changed. */
  void end() {
    state = State.IDLE;
    targetNumber = 0;
  }

  /** The peer did not confirm in time: it comes back later each time. */
  void evicted() {
    backoffNanos = Math.min(Math.max(backoffNanos * 2, FIRST_BACKOFF_NANOS), LONGEST_BACKOFF_NANOS);
    notBeforeNanos = replica.now() + backoffNanos;
  }

  /** It has stayed a member for a while: the next eviction begins with a short wait again. */
  void forgive() {
    backoffNanos = 0;
  }

  void refused(long view) {
    if (state == State.OFFERED && view == replica.view().number()) {
      state = State.IDLE;
      notBeforeNanos = Math.max(notBeforeNanos, replica.now() + OFFER_RETRY_NANOS);
    }
  }

  /** The target is ready: the stream begins. */
  void ready(Link link, long view, long incarnation) {
    if (state != State.OFFERED || view != replica.view().number()) {
      return;
    }
    state = State.STREAMING;
    targetIncarnation = incarnation;
    targetNumber = replica.number();
    cursor = 0;
    startedNanos = replica.now();
    link.out.control(new PeerControl.SyncStart(view, replica.number()));
    replica.requestEndTurn();
  }

  void confirmed(long number) {
    targetNumber = Math.max(targetNumber, number);
  }

  /** At the end of a turn: sends what the window allows, or goes on to the rejoin. */
  void pump() {
    Link link = replica.link();
    if (link == null || !link.verified || replica.isPair() || replica.isFrozen()) {
      return;
    }
    switch (state) {
      case IDLE -> offer(link);
      case STREAMING -> stream(link);
      case SETTLING -> settle(link);
      case OFFERED, REJOINING -> {}
    }
  }

  private void offer(Link link) {
    if (replica.isComplete()
        && replica.isPopulated()
        && !replica.holdsRequests()
        && link.peerRole == Role.SECONDARY
        && replica.now() - notBeforeNanos >= 0) {
      state = State.OFFERED;
      link.out.control(new PeerControl.SyncOffer(replica.view().number()));
    }
  }

  private void stream(Link link) {
    long size = ram.sizeBytes();
    while (cursor < size
        && link.sent - link.confirmedFrames < WINDOW_PIECES
        && link.out.queuedBytes() < (long) WINDOW_PIECES * PIECE_BYTES) {
      int length = (int) Math.min(PIECE_BYTES, size - cursor);
      link.sent++;
      if (ram.isZero(cursor, length)) {
        link.out.blocks(replica.view().number(), cursor, length, null);
      } else {
        ByteBuf data = allocator.directBuffer(length, length);
        ram.read(cursor, data, length);
        link.out.blocks(replica.view().number(), cursor, length, data);
      }
      cursor += length;
    }
    if (cursor == size && link.confirmedFrames == link.sent) {
      state = State.SETTLING;
      settlingSinceNanos = replica.now();
      settle(link);
    }
  }

  /** While it settles, client writes wait: a target that takes too long is given up. */
  void tick() {
    long timeout = replica.config().timing().confirmTimeout().toNanos();
    if (state == State.SETTLING && replica.now() - settlingSinceNanos > timeout) {
      evicted();
      replica.closeLink("the peer does not confirm the end of its resync");
    }
  }

  /**
   * Proposes the rejoin once nothing is under way in the log and the target has confirmed every
   * committed write: as nothing is committed from then on, that stays so.
   */
  private void settle(Link link) {
    if (replica.logIsBusy()) {
      settlingSinceNanos = replica.now();
      return;
    }
    if (link.confirmedFrames != link.sent || targetNumber != replica.number()) {
      return;
    }
    state = State.REJOINING;
    int me = replica.config().node();
    replica
        .views()
        .change(
            ViewChange.Kind.REJOIN,
            change -> {
              // Without the target it is a lone view again, so that the attempt ends.
              boolean withTarget = replica.link() == link && state == State.REJOINING;
              change.propose(
                  withTarget
                      ? replica
                          .views()
                          .newView(me, 3, targetIncarnation, replica.number(), false, false)
                      : replica
                          .views()
                          .newView(me, 1 << me, 0, replica.number(), replica.isComplete(), false));
            });
  }

  ReplicaReport.SyncProgress progress() {
    if (!isActive()) {
      return new ReplicaReport.SyncProgress(0, 0, 0);
    }
    long millis = Math.max(1, (replica.now() - startedNanos) / 1_000_000);
    return new ReplicaReport.SyncProgress(cursor, ram.sizeBytes(), cursor * 1000 / millis);
  }
}
