package io.twinlog.replication.core;

import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import java.util.List;

/**
 * The view this node knows, what its copy is worth in it, and the one attempt at the next view that
 * may be under way (design, section 3).
 */
final class Views {
  private final Replica replica;
  private final Effects effects;
  private final Slots slots;
  private final RamRecord record;
  private final BlockTable table;
  private final Lineage lineage = new Lineage();
  private final StartingPoint startingPoint;

  /** The latest view known to be chosen; null until the slots have been read. */
  private View view;

  /** The last view of which this RAM content was a member with another; null when none. */
  private View memberView;

  /** Of the present RAM content. */
  private long incarnation;

  private long nonce;

  /** Last write that RAM holds: committed when primary, applied when secondary. */
  private long number;

  /** Whether RAM ever was a whole copy. */
  private boolean hasContent;

  private ViewChange change;
  private long viewChanges;

  /** Greatest checkpoint that this node has seen published. */
  private long knownCheckpoint;

  Views(Replica replica, Effects effects, Slots slots, RamRecord record, BlockTable table) {
    this.replica = replica;
    this.effects = effects;
    this.slots = slots;
    this.record = record;
    this.table = table;
    startingPoint = new StartingPoint(replica, record);
  }

  /** Who this process is. */
  void begin() {
    incarnation = effects.freshIdentity();
    nonce = effects.freshIdentity();
  }

  /** Begins with the latest view that the slots name; returns it. */
  View start(Slots.Reading reading) {
    view = reading.own().chosen();
    SlotRecord peer = reading.peer();
    if (peer != null && peer.chosen().number() > view.number()) {
      view = peer.chosen();
    }
    if (!replica.rules().contains(Rule.INCARNATION) && reading.own().incarnation() != 0) {
      incarnation = reading.own().incarnation();
      number = view.base();
      hasContent = true;
    }
    lineage.learn(view);
    if (record.view() != 0) {
      restore(reading.own());
    }
    record.incarnation(incarnation);
    replica.event("view", "", describe(view), "at start");
    replica.requestEndTurn();
    return view;
  }

  /**
   * RAM has outlived its process. When no write was under way in it, and it is what this node's
   * slot says was here last, it is the same incarnation as before; else its content is the starting
   * point of a resync, without what was torn.
   */
  private void restore(SlotRecord own) {
    table.restore();
    if (record.isTorn()) {
      table.unknown(
          (int) (record.tornOffset() / BlockTable.BLOCK_BYTES),
          BlockTable.endBlock(record.tornOffset(), record.tornLength()));
    }
    boolean whole = !record.isTorn() && !table.hasUnknown();
    record.follow(record.view(), record.number());
    startingPoint.restore(record.view(), record.number());
    boolean last =
        record.incarnation() == own.incarnation() && record.slotSequence() >= own.sequence();
    if (whole && last && fitsView()) {
      incarnation = record.incarnation();
      number = record.number();
      hasContent = true;
      startingPoint.follow(record.view());
      if (replica.isMember()) {
        startingPoint.follow(view.number());
        memberView = view.members() == 3 ? view : null;
      }
      replica.event("copy", "", "kept", "RAM has outlived its process, up to write " + number);
    } else {
      replica.event(
          "copy", "", "inconsistent", "RAM has outlived its process, but not as a whole copy");
    }
  }

  /**
   * Of a view that the earlier process did not learn, its content is all there is at the base. Of a
   * view that no slot names yet, the rings may hold more in that view than RAM does, and the view
   * can be chosen once more: its number would mean two things.
   */
  private boolean fitsView() {
    if (record.view() > view.number()) {
      return false;
    }
    boolean member = view.incarnation(replica.config().node()) == record.incarnation();
    return !member || record.view() == view.number() || record.number() == view.base();
  }

  View view() {
    return view;
  }

  Lineage lineage() {
    return lineage;
  }

  StartingPoint startingPoint() {
    return startingPoint;
  }

  View memberView() {
    return memberView;
  }

  long incarnation() {
    return incarnation;
  }

  long nonce() {
    return nonce;
  }

  long number() {
    return number;
  }

  long advanceNumber() {
    return ++number;
  }

  boolean hasContent() {
    return hasContent;
  }

  boolean isChanging() {
    return change != null;
  }

  long viewChanges() {
    return viewChanges;
  }

  /** A published checkpoint: what a view has to say of older batches gets shorter by it. */
  void checkpointSeen(long position) {
    knownCheckpoint = Math.max(knownCheckpoint, position);
  }

  /**
   * Whether the next views may have more to say of old batches than a slot record has room for,
   * unless a checkpoint is published first: until then no write may get a number.
   */
  boolean needsCheckpoint() {
    return view.limits().size() > View.MAX_LIMITS - 4
        && view.nextLimits(number, knownCheckpoint).size() > View.MAX_LIMITS - 2;
  }

  /** RAM holds the history, or is about to, up to this write. */
  void holdsContentUpTo(long last) {
    hasContent = true;
    number = last;
  }

  /** Begins an attempt at the next view; from here until its end nothing is acknowledged. */
  void change(ViewChange.Kind kind, ViewChange.Decision decision) {
    if (change != null) {
      throw new IllegalStateException("a view change is under way");
    }
    if (!replica.isPrimary() && view.primary() == replica.config().peer()) {
      // From the mark on it confirms nothing; its primary need not wait to find that out.
      replica.closeLink("this node is changing the view");
    }
    change = new ViewChange(replica, slots, kind, decision);
    change.start();
  }

  /** Whether a view has been proposed and is not known to be chosen. */
  boolean isProposing() {
    return change != null && change.isProposed();
  }

  /** Ends an attempt that has proposed nothing so far; false when it is too late for that. */
  boolean giveUp(String reason) {
    if (change == null || change.isProposed()) {
      return false;
    }
    change.refuse(reason);
    return true;
  }

  void changeRefused(ViewChange refused, String reason) {
    if (change == refused) {
      change = null;
      replica.promotionRefused(reason);
    }
  }

  View newView(
      int newPrimary,
      int members,
      long peerIncarnation,
      long base,
      boolean completeAtBirth,
      boolean clean) {
    long mine = (members & 1 << replica.config().node()) != 0 ? incarnation : 0;
    return new View(
        view.number() + 1,
        newPrimary,
        members,
        replica.config().node() == 0 ? mine : peerIncarnation,
        replica.config().node() == 1 ? mine : peerIncarnation,
        base,
        completeAtBirth,
        clean,
        replica.shelves().said(),
        List.of());
  }

  /** Takes over a later view that the peer's slot names as chosen; tells whether there was one. */
  boolean learn(Slots.Reading reading) {
    SlotRecord peer = reading.peer();
    if (peer == null || peer.chosen().number() <= view.number()) {
      return false;
    }
    adoptWithLimits(peer.chosen());
    return true;
  }

  /** Reads the slots, and goes by what they show above this node's view. */
  void look() {
    slots.read(
        (error, reading) -> {
          if (error == null) {
            isSuperseded(reading);
          }
        });
  }

  /**
   * Whether the slots show anything above this node's view: a later view, which is taken over, or
   * the peer's mark of one (rule 5, and wherever a reading is to show that nobody has gone on).
   */
  boolean isSuperseded(Slots.Reading reading) {
    return learn(reading) || isContested(reading);
  }

  /** Whether the peer has marked a later view; a primary then has one chosen itself (rule 3). */
  private boolean isContested(Slots.Reading reading) {
    SlotRecord peer = reading.peer();
    if (peer == null || peer.mark() <= view.number()) {
      return false;
    }
    if (replica.isPrimary() && change == null) {
      goAlone("the peer has marked view " + peer.mark());
    }
    return true;
  }

  /** The peer says that a view is chosen. */
  void announced(View announced) {
    if (announced.number() > view.number()) {
      adoptWithLimits(announced);
    }
  }

  void goAlone(String why) {
    replica.event("view", describe(view), "", "going alone: " + why);
    int me = replica.config().node();
    change(
        ViewChange.Kind.GO_ALONE,
        attempt -> attempt.propose(newView(me, 1 << me, 0, number, replica.isComplete(), false)));
  }

  /** A value of this node's ballot for the next view is chosen. */
  void adopt(View value) {
    adoptWithLimits(
        new View(
            value.number(),
            value.primary(),
            value.members(),
            value.incarnation0(),
            value.incarnation1(),
            value.base(),
            value.completeAtBirth(),
            value.clean(),
            value.liveShelves(),
            view.nextLimits(value.base(), knownCheckpoint)));
  }

  private void adoptWithLimits(View next) {
    View old = view;
    view = next;
    lineage.learn(next);
    viewChanges++;
    if (change != null) {
      change.end();
      change = null;
    }
    replica.shelvesChanged(next);
    slots.update(own -> own.learn(next), replica::slotWritten);
    replica.endSync();
    replica.event("view", describe(old), describe(next), "");
    if (replica.link() != null) {
      // Before any frame of the new view.
      replica.link().out.control(new PeerControl.ViewAnnounce(next));
    }
    if (replica.isMember()) {
      startingPoint.follow(next.number());
      memberView = next.members() == 3 ? next : memberView;
    }
    replica.viewChanged(old);
  }

  /** RAM is about to be filled from the backing; what follows is another incarnation. */
  void discardCopy(String why) {
    startingPoint.load();
    giveUpCopy(why);
  }

  /**
   * This RAM content counts for nothing any more, and what follows is another incarnation; it stays
   * where it is, as the starting point of a resync.
   */
  void giveUpCopy(String why) {
    startingPoint.stay();
    incarnation = effects.freshIdentity();
    record.incarnation(incarnation);
    hasContent = false;
    memberView = null;
    number = 0;
    slots.update(own -> own.identify(incarnation, nonce), replica::slotWritten);
    replica.event("copy", "", "inconsistent", why);
  }

  /** A resync begins: but for the blocks that are to come, RAM is as of the write. */
  void followFrom(long first) {
    number = first;
    startingPoint.followResync(view.number());
  }

  private String describe(View of) {
    StringBuilder text = new StringBuilder().append(of.number()).append(" {");
    for (int node = 0; node < 2; node++) {
      if (of.isMember(node)) {
        text.append(text.charAt(text.length() - 1) == '{' ? "" : ",");
        text.append(replica.config().nodeNames().get(node));
        text.append(node == of.primary() ? "*" : "");
      }
    }
    return text.append('}').toString();
  }
}
