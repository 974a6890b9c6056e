package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The promise, as clients of the explored world can see it (design, section 1): what was written or
 * read once stays, in every later view, copy and recovery.
 */
final class ExploredPromise {

  /** The device as of each write number that a client was told of; null where none was. */
  private final List<long[]> images = new ArrayList<>();

  private final List<View> views = new ArrayList<>();

  ExploredPromise(int blocks) {
    images.add(new long[blocks]);
  }

  /** Number of the last write that was acknowledged or read. */
  long seen() {
    return images.size() - 1L;
  }

  View latestView() {
    return views.isEmpty() ? null : views.get(views.size() - 1);
  }

  /** The device as of the write, or null when nobody was told. */
  long[] image(long number) {
    return number < images.size() ? images.get((int) number) : null;
  }

  void acknowledged(ExploredNode node, long id, int block) {
    if (node.content(block) != id) {
      throw new SimFailure("write " + id + " is acknowledged and not in RAM");
    }
    tell(node, "acknowledges");
  }

  void answered(ExploredNode node, long floor) {
    if (node.replica().number() < floor) {
      throw new SimFailure(
          "node %d answers a read as of write %d, %d was seen before it began"
              .formatted(node.index(), node.replica().number(), floor));
    }
    tell(node, "answers");
  }

  /** A client sees the device as this node has it. */
  private void tell(ExploredNode node, String how) {
    observe(node);
    long number = node.replica().number();
    for (View view : views) {
      if (view.number() > node.replica().view().number() && view.base() < number) {
        throw new SimFailure(
            "node %d %s as of write %d in view %d; view %d went on from write %d"
                .formatted(
                    node.index(),
                    how,
                    number,
                    node.replica().view().number(),
                    view.number(),
                    view.base()));
      }
    }
    while (images.size() <= number) {
      images.add(null);
    }
    compare(node, number);
    images.set((int) number, node.contents());
  }

  private void compare(ExploredNode node, long number) {
    long[] image = image(number);
    if (image != null && !Arrays.equals(image, node.contents())) {
      throw new SimFailure(
          "node %d has %s as of write %d, which left %s"
              .formatted(
                  node.index(), Arrays.toString(node.contents()), number, Arrays.toString(image)));
    }
  }

  /** Looks at a node after anything has happened to it. */
  void observe(ExploredNode node) {
    View view = node.replica().view();
    if (view == null) {
      return;
    }
    View latest = latestView();
    if (latest == null || view.number() > latest.number()) {
      if (view.base() < seen()) {
        throw new SimFailure(
            "view %d begins at write %d, clients have seen %d"
                .formatted(view.number(), view.base(), seen()));
      }
      views.add(view);
    } else {
      for (View known : views) {
        boolean same =
            known.base() == view.base()
                && known.primary() == view.primary()
                && known.members() == view.members();
        if (known.number() == view.number() && !same) {
          throw new SimFailure("two views chosen for one number: " + known + " and " + view);
        }
      }
    }
    if (node.replica().isMember()
        && view.number() == latestView().number()
        && (!node.replica().isPrimary() || node.replica().isPopulated())) {
      compare(node, node.replica().number());
    }
  }
}
