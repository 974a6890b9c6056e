package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;

/** The rows of the view table (design, section 3, "The changes"), so that a run can count them. */
enum ViewKind {
  /** {P*,S} to {P*}. */
  GO_ALONE,
  /** {P*,S} to {S*}. */
  TAKEOVER,
  /** {P*} to {S*}, loaded from the backing, which P's view had made complete. */
  TAKEOVER_FROM_BACKING,
  /** {P*} to {S*}, where nobody acknowledged anything alone. */
  TAKEOVER_FROM_RAM,
  /** {P*} to {P*,S}. */
  REJOIN,
  /** {P*,S} to {S*,P}. */
  SWITCHOVER,
  /** To a clean view without primary. */
  ORDERLY_STOP,
  /** A clean view to one with a primary, alone. */
  COLD_START_CLEAN,
  /** A clean view to one with both, each with its copy. */
  START_AS_PAIR,
  /** The node whose lone view was complete begins again with empty RAM. */
  COLD_START_COMPLETE,
  /** A pair's members have both lost their RAM, and nothing was missing on the backing. */
  COLD_START_WITHOUT_LOSS,
  /** A lone view chosen anew by its primary. */
  ALONE_ANEW,
  /** Committed writes were given up. */
  ACCEPTED_LOSS;

  static ViewKind of(View old, View next, boolean loses) {
    if (loses) {
      return ACCEPTED_LOSS;
    }
    if (next.clean()) {
      return ORDERLY_STOP;
    }
    int primary = next.primary();
    if (old == null || old.primary() == View.NO_NODE) {
      return next.members() == 3 ? START_AS_PAIR : COLD_START_CLEAN;
    }
    boolean same =
        old.primary() == primary && old.incarnation(primary) == next.incarnation(primary);
    if (next.members() == 3) {
      return same ? REJOIN : SWITCHOVER;
    }
    if (old.members() == 3) {
      if (same) {
        return GO_ALONE;
      }
      boolean member = old.incarnation(primary) == next.incarnation(primary);
      return member ? TAKEOVER : COLD_START_WITHOUT_LOSS;
    }
    if (same) {
      return ALONE_ANEW;
    }
    if (old.primary() == primary) {
      return COLD_START_COMPLETE;
    }
    return next.completeAtBirth() ? TAKEOVER_FROM_BACKING : TAKEOVER_FROM_RAM;
  }
}
