package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import java.util.List;

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

  /**
   * The primary of the lone, complete view offers to fill the receiver's copy.
   *
   * @param bases of the latest views, in order, the last that of {@code view}; at least one
   */
  record SyncOffer(long view, List<Long> bases) implements PeerControl {
    public SyncOffer {
      bases = List.copyOf(bases);
    }
  }

  /**
   * The receiver has given up its RAM content and is a new incarnation, ready for blocks.
   *
   * @param common up to which write its content and the primary's history are the same; -1 when
   *     nothing is known to be
   * @param changed the blocks that changed at the sender after that; empty when nothing is known
   * @param takesDigests whether it looks for blocks in the backing; the digests' seed is {@code
   *     incarnation}
   */
  record SyncReady(
      long view, long incarnation, long common, ExtentMap changed, boolean takesDigests)
      implements PeerControl {}

  /**
   * The answer to {@link SyncReady}: blocks follow, and live writes from {@code number + 1} on.
   *
   * @param number the last committed write
   * @param whole whether every block of the device follows
   * @param blocks those that follow when not every block does
   */
  record SyncStart(long view, long number, boolean whole, ExtentMap blocks)
      implements PeerControl {}

  /**
   * The target of a resync has looked for blocks that it was sent digests of.
   *
   * @param offset of the first of them
   * @param blocks how many; 1 to 64
   * @param missing which of them are to be sent: bit i is the i-th; it has the others
   */
  record DigestAnswer(long view, long offset, int blocks, long missing) implements PeerControl {}

  /**
   * From the secondary: an operator there wants the resync to pause, or to go on. From the primary:
   * it does.
   */
  record SyncPause(boolean paused) implements PeerControl {}

  /** The receiver of a {@link SyncOffer} cannot take it now; the sender may try again later. */
  record SyncRefused(long view, String reason) implements PeerControl {}

  /** The sender was told that power may fail, or that the danger is over. */
  record Emergency(boolean on) implements PeerControl {}

  /** An operator at the secondary asks the primary to hand over. */
  record SwitchoverRequest() implements PeerControl {}

  /** The primary's answer when it does not. */
  record SwitchoverRefused(String reason) implements PeerControl {}

  /**
   * What a range of the primary's copy is, as of the last write that it has sent.
   *
   * @param number of that write
   * @param length at most 128 KiB
   * @param checksum CRC32C of the content
   */
  record VerifyPiece(long view, long number, long offset, int length, int checksum)
      implements PeerControl {}

  /** The answer to a {@link VerifyPiece}, in their order. */
  record VerifyAnswer(long view, long offset, VerifyResult result) implements PeerControl {}

  /** What comparing a piece with the receiver's copy has shown. */
  enum VerifyResult {
    EQUAL,
    DIFFERENT,
    /** The receiver's copy is not as of that write, or not to be relied on at the moment. */
    NOT_COMPARED
  }
}
