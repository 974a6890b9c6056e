package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The bases of the latest views that this node has learnt, without a gap: how far the history of an
 * older view still is that of the present one (see {@link StartingPoint}).
 */
final class Lineage {
  /** A target that was away for more views than this is filled whole. */
  private static final int MOST_VIEWS = 256;

  private final ArrayDeque<Long> bases = new ArrayDeque<>();
  private long lastView;

  void learn(View view) {
    if (view.number() != lastView + 1) {
      bases.clear();
    }
    lastView = view.number();
    bases.add(view.base());
    if (bases.size() > MOST_VIEWS) {
      bases.remove();
    }
  }

  /** RAM comes from the backing: what an older RAM content has in common with that is not known. */
  void restart(View view) {
    bases.clear();
    lastView = view.number() - 1;
    learn(view);
  }

  PeerControl.SyncOffer offer() {
    return new PeerControl.SyncOffer(lastView, List.copyOf(bases));
  }
}
