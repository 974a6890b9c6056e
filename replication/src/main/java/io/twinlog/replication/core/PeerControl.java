package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;

/** Rare messages between the two replicas, in order with the frames of {@link PeerOut}. */
public sealed interface PeerControl {

  /** The sender knows this view to be chosen. */
  record ViewAnnounce(View view) implements PeerControl {}

  /**
   * The sender's role and copy, for the peer's status and for its decisions.
   *
   * @param suspended the sender takes client requests but answers none at present
   */
  record PeerStatus(Role role, Copy copy, boolean suspended) implements PeerControl {}

  /**
   * The sender knows the view and has no backing I/O of an earlier view under way, nor ever will
   * (design, section 4, "late in-place writes").
   */
  record Drained(long view) implements PeerControl {}

  /** The primary of the lone, complete view offers to fill the receiver's copy. */
  record SyncOffer(long view) implements PeerControl {}

  /** The receiver has discarded its RAM and is a new incarnation, ready for blocks. */
  record SyncReady(long view, long incarnation) implements PeerControl {}

  /**
   * The answer to {@link SyncReady}: blocks follow, and live writes from {@code number + 1} on.
   *
   * @param number the last committed write
   */
  record SyncStart(long view, long number) implements PeerControl {}

  /** The receiver of a {@link SyncOffer} cannot take it now; the sender may try again later. */
  record SyncRefused(long view, String reason) implements PeerControl {}

  /** An operator at the secondary asks the primary to hand over. */
  record SwitchoverRequest() implements PeerControl {}

  /** The primary's answer when it does not. */
  record SwitchoverRefused(String reason) implements PeerControl {}
}
