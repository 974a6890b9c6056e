package io.twinlog.replication.core;

/**
 * The rules that the promise rests on, each of which tests can switch off to see that the simulator
 * notices (design, sections 3 and 4). In production all are in force.
 */
enum Rule {
  /** With a secondary, a write is acknowledged only when it has confirmed it (rule 4). */
  ACKNOWLEDGE_AFTER_CONFIRM,
  /** A restarted process is not the member that its predecessor was. */
  INCARNATION,
  /**
   * Alone, the slots are read after the log is durable, or the read began, and before an answer.
   */
  SLOT_READ_WHEN_ALONE,
  /** RAM changes on commit, not on arrival. */
  COMMIT_BEFORE_RAM,
  /** With a secondary, a read waits for a confirmation of something sent after it began (4). */
  READ_BARRIER,
  /** The dirty set is the first batch of a lone view, and durable before anything else is (5). */
  DIRTY_SET_FIRST,
  /** Nothing is acknowledged or confirmed between a mark and its outcome (2). */
  FREEZE_AFTER_MARK,
  /** In-place writes only of content that a batch in this node's ring has, and checked (4). */
  LOG_BEFORE_CHECKPOINT,
  /** Blocks that a superseded incarnation may still write in place are kept in the log. */
  MASK_LATE_WRITES,
  /** A resync also gives up what the target applied beyond the base of a view it missed. */
  GIVE_UP_BEYOND_BASE,
  /** They are written in place once more when their late writer is gone, and only then let go. */
  REWRITE_BEFORE_UNMASKING,
  /** Batches that a later view's base leaves out are not replayed. */
  IGNORE_VOID_BATCHES,
  /**
   * Nothing is built upon the last batch of a ring as it was found, which may be no more than
   * readable: its node writes the end of it again, the other one logs what it holds.
   */
  DOUBT_LAST_BATCH,
  /** A copy is given up for a resync only when the primary's lone view is complete. */
  RESYNC_FROM_COMPLETE,
  /** The target of a resync takes a block from the backing only when it is what the source has. */
  TAKE_WHAT_MATCHES,
  /** What it reads there never replaces what a live write has made of the block since. */
  LIVE_WRITE_BEFORE_BACKING,
  /** The target of a resync becomes a member when it has confirmed everything committed. */
  REJOIN_AFTER_CONFIRM,
  /** Requests open when the node leaves the primary role are dropped, never carried out later. */
  DROP_CLIENT_REQUESTS,
  /** A shelf that missed writes is recorded stale on a majority before they are complete. */
  RECORD_STALE_FIRST,
  /** What a stale shelf misses is marked before a checkpoint relies on it (section 4). */
  MARK_MISSED,
  /** A returned shelf gets what it missed before it is live again (section 4). */
  FILL_BEFORE_LIVE,
  /** A node that is locked out lets itself in only when none of its writes is under way there. */
  READMIT_WHEN_DRAINED,
  /** Only a shelf that keeps its reservation shows that a former primary's writes are over. */
  FENCE_ONLY_WHEN_KEPT,
  /** After a reservation was changed the slots are read before anything is written there. */
  READ_SLOTS_AFTER_RESERVING,
  /** A shelf is read only as long as it is the medium that is recorded for it (section 4). */
  KNOW_MEDIUM,
  /** A shelf is given up for good only when the others show the slots of both nodes (section 3). */
  SLOTS_OUTLIVE_SHELF,
  /**
   * An operation that was given up counts as under way until it has returned, and the shelf takes
   * nothing else until then (section 4).
   */
  GIVEN_UP_IS_UNDER_WAY
}
