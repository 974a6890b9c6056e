package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Recovery.NewerView;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import java.io.IOException;
import java.util.stream.Collectors;

/**
 * How a node that is not primary becomes it: takeover, takeover from a lone primary, cold start
 * (design, section 3, "The changes"). What can be refused is refused before anything is marked, so
 * that a living primary is not disturbed; what decides is read again after the mark.
 */
final class Promotion {

  /** What the new primary's history is made of. */
  sealed interface Plan {
    /** This node's RAM holds every acknowledged write. */
    record FromRam(Survey.Result survey) implements Plan {}

    /** The backing does, or what it holds was accepted. */
    record FromBacking(Survey.Result survey) implements Plan {}
  }

  private static final long TIMEOUT_NANOS = 30_000_000_000L;

  /** A node that still reads its slot after that long is not going to be primary soon. */
  private static final long START_NANOS = 20_000_000_000L;

  /** So long a backing that cannot be read is read again: a shelf of it may just be opened anew. */
  private static final long PATIENCE_NANOS = 5_000_000_000L;

  private static final String SLOW =
      "the backing does not answer in time, so the attempt was given up; see status, then try again";

  private final Replica replica;
  private final Effects effects;
  private final Slots slots;
  private Outcome outcome;
  private boolean force;
  private boolean acceptLoss;

  /** What the last decision was based on; the new view's primary begins with it. */
  private Plan plan;

  private long planNumber;

  /**
   * Nothing is marked yet: a view that is learnt now is looked at, and does not end the attempt.
   */
  private boolean examining;

  /** Grows with every attempt, so that what an ended one still had under way is known as such. */
  private long attempt;

  private long sinceNanos;

  /** The latest view when the attempt began, and its primary: who becomes so later was promoted. */
  private long beganInView;

  private int primaryBefore;

  /** What the proposed view gives up, for the operator; empty when nothing. */
  private String lost = "";

  Promotion(Replica replica, Effects effects, Slots slots) {
    this.replica = replica;
    this.effects = effects;
    this.slots = slots;
  }

  boolean isUnderWay() {
    return outcome != null;
  }

  /** The plan that the view with this number was proposed by; null when it was not by one. */
  Plan takePlan(long viewNumber) {
    Plan taken = planNumber == viewNumber ? plan : null;
    plan = null;
    return taken;
  }

  /** An operator asks for it, or this node by itself. */
  void ask(boolean withForce, boolean withLoss, Outcome tellOutcome) {
    ask(replica.now() + START_NANOS, withForce, withLoss, tellOutcome);
  }

  private void ask(long deadline, boolean withForce, boolean withLoss, Outcome tellOutcome) {
    String error = replica.backingError();
    if (replica.view() == null && error.isEmpty() && replica.now() - deadline < 0) {
      // Still starting: it watches its own slot for a second.
      replica.after(Replica.RETRY_NANOS, () -> ask(deadline, withForce, withLoss, tellOutcome));
    } else if (replica.view() == null) {
      tellOutcome.refused(
          "the backing " + (error.isEmpty() ? "does not answer" : "cannot be read: " + error));
    } else if (isUnderWay()) {
      tellOutcome.refused("a promotion of this node is under way: wait for its outcome");
    } else if (replica.isPrimary()) {
      tellOutcome.done("already primary" + (withLoss ? "; nothing was lost" : ""));
    } else if (replica.isChanging()) {
      tellOutcome.refused(
          "a view change is under way and waits for the backing%s: see status"
              .formatted(error.isEmpty() ? "" : " (" + error + ")"));
    } else {
      begin(withForce, withLoss, tellOutcome);
    }
  }

  private void begin(boolean withForce, boolean withLoss, Outcome tellOutcome) {
    outcome = tellOutcome;
    examining = true;
    attempt++;
    sinceNanos = replica.now();
    force = withForce;
    acceptLoss = withLoss;
    lost = "";
    if (isPeerPrimary()) {
      if (!force) {
        end(connectedPrimary());
        return;
      }
      replica.closeLink("promotion by force");
    }
    look();
  }

  private void look() {
    long mine = attempt;
    slots.read(
        (error, reading) -> {
          if (isOver(mine)) {
            return;
          }
          if (error != null) {
            unreadable(error, this::look);
            return;
          }
          replica.views().learn(reading);
          // Another view may have been chosen long ago, and this node not have heard of it.
          beganInView = replica.view().number();
          primaryBefore = replica.view().primary();
          examine(reading.peer());
        });
  }

  private void unreadable(IOException error, Runnable again) {
    if (replica.now() - sinceNanos > PATIENCE_NANOS) {
      end("the backing cannot be read: " + error.getMessage());
      return;
    }
    long mine = attempt;
    replica.after(
        Replica.RETRY_NANOS,
        () -> {
          if (!isOver(mine)) {
            again.run();
          }
        });
  }

  private boolean isOver(long ofAttempt) {
    return outcome == null || attempt != ofAttempt;
  }

  /** Whether the peer is connected and says that it is primary, or the latest view does. */
  private boolean isPeerPrimary() {
    Link link = replica.link();
    if (link == null) {
      return false;
    }
    View view = replica.view();
    int peer = replica.config().peer();
    boolean byView =
        link.verified && view.primary() == peer && link.peerIncarnation == view.incarnation(peer);
    return link.peerRole == Role.PRIMARY || byView;
  }

  private String connectedPrimary() {
    String primary = peerName() + " is connected and primary";
    return switch (replica.copy()) {
      case UP_TO_DATE, UNKNOWN -> primary + ": use switchover instead";
      case INCONSISTENT, OUTDATED ->
          primary
              + ", and this node's copy is "
              + (replica.copy() == Copy.OUTDATED ? "outdated" : "inconsistent")
              + ": wait until status says up-to-date, then use switchover";
    };
  }

  /** Somebody else was promoted since the attempt began: of two at once, one is refused. */
  private boolean isTooLate() {
    View view = replica.view();
    int peer = replica.config().peer();
    if (force || view.number() == beganInView || view.primary() != peer || primaryBefore == peer) {
      return false;
    }
    end("%s became primary in view %d meanwhile; see status".formatted(peerName(), view.number()));
    return true;
  }

  private void examine(SlotRecord peer) {
    if (replica.isPrimary()) {
      done();
    } else if (isTooLate()) {
      return;
    } else if (isSureWithoutSurvey(replica.view())) {
      change();
    } else if (mayBePrimary(peer) && !force) {
      watch(peer);
    } else {
      survey();
    }
  }

  /** Whether the peer is primary by the view, and its slot not that of a restarted process. */
  private boolean mayBePrimary(SlotRecord peer) {
    int node = replica.config().peer();
    return peer != null
        && replica.view().primary() == node
        && peer.incarnation() == replica.view().incarnation(node);
  }

  /** A clean view that has this node's copy, or the loss of the primary of a pair. */
  private boolean isSureWithoutSurvey(View view) {
    return view.clean() || replica.isMember();
  }

  /** A lone primary may be taken over when its slot has stood still for a while. */
  private void watch(SlotRecord before) {
    long mine = attempt;
    replica.after(
        replica.config().timing().loneTakeover().toNanos(),
        () -> {
          if (!isOver(mine)) {
            lookAgain(before);
          }
        });
  }

  private void lookAgain(SlotRecord before) {
    long mine = attempt;
    slots.read(
        (error, reading) -> {
          if (isOver(mine)) {
            return;
          }
          if (error != null) {
            unreadable(error, () -> lookAgain(before));
          } else if (replica.views().learn(reading)) {
            examine(reading.peer());
          } else if (reading.peer() != null && reading.peer().sequence() != before.sequence()) {
            end(
                peerName()
                    + " is alive and primary, only not connected: repair the link, or stop"
                    + " that node first");
          } else {
            survey();
          }
        });
  }

  private void survey() {
    long mine = attempt;
    replica.survey(
        (error, result) -> {
          if (isOver(mine)) {
            return;
          }
          if (error != null) {
            unreadable(error, this::survey);
          } else if (result.outcome() instanceof NewerView) {
            // A view was chosen that neither slot names so: the ballot finds it out.
            change();
          } else if (result.outcome() instanceof Recovered recovered) {
            String refusal = refusal(recovered);
            if (refusal == null) {
              change();
            } else {
              end(refusal);
            }
          }
        });
  }

  private void change() {
    if (replica.isPrimary()) {
      done();
    } else if (replica.isChanging()) {
      end("a view change is under way: try again");
    } else if (isPeerPrimary() && !force) {
      end(connectedPrimary());
    } else if (!isTooLate()) {
      examining = false;
      replica.views().change(ViewChange.Kind.PROMOTE, this::decide);
    }
  }

  /** After the mark. */
  private void decide(ViewChange change) {
    replica.survey(
        (error, result) -> {
          if (change.isOver()) {
            return;
          }
          if (error != null) {
            replica.backingFailed(error);
            change.retry();
          } else if (result.outcome() instanceof Recovered recovered) {
            propose(change, result, recovered);
          } else {
            change.retry();
          }
        });
  }

  private void propose(ViewChange change, Survey.Result result, Recovered recovered) {
    String refusal = refusal(recovered);
    if (refusal != null) {
      change.refuse(refusal);
      return;
    }
    View view = replica.view();
    int me = replica.config().node();
    planNumber = change.number();
    replica.views().checkpointSeen(recovered.checkpoint());
    if (replica.isMember() || isCoveredByRam(recovered)) {
      // What a batch has beyond RAM was never acknowledged: the new view makes it void.
      plan = recovered.end() <= replica.number() ? new Plan.FromRam(result) : null;
      boolean pair = view.clean() && replica.isPeerReadyFor(view);
      change.propose(
          replica
              .views()
              .newView(
                  me,
                  pair ? 3 : 1 << me,
                  pair ? view.incarnation(1 - me) : 0,
                  replica.number(),
                  view.clean() && !pair,
                  false));
    } else {
      lost =
          recovered.complete()
              ? ""
              : "acknowledged writes after write %d%s may be lost"
                  .formatted(recovered.end(), LogAge.of(recovered, effects));
      replica.views().discardCopy("the device is loaded from the backing");
      plan = new Plan.FromBacking(result);
      change.propose(replica.views().newView(me, 1 << me, 0, recovered.end(), true, false));
    }
  }

  /**
   * Whether this node's RAM holds everything although it is not a member of the lone view: it was
   * one of the view before, and nothing was acknowledged alone since.
   */
  private boolean isCoveredByRam(Recovered recovered) {
    View view = replica.view();
    View memberView = replica.memberView();
    int peer = replica.config().peer();
    return memberView != null
        && view.isLone(peer)
        && !recovered.complete()
        && !recovered.damaged()
        && view.incarnation(peer) == memberView.incarnation(peer)
        && replica.number() >= view.base();
  }

  /** Why the promotion cannot be, or null. */
  private String refusal(Recovered recovered) {
    View view = replica.view();
    if (replica.isMember() || isCoveredByRam(recovered) || recovered.complete()) {
      return null;
    }
    if (view.isMember(replica.config().peer())
        && replica.link() != null
        && replica.link().peerCopy == Copy.UP_TO_DATE
        && !force) {
      return peerName() + " holds every acknowledged write: promote it there";
    }
    if (acceptLoss) {
      return null;
    }
    return "acknowledged writes may be missing: the backing holds everything up to write "
        + recovered.end()
        + LogAge.of(recovered, effects)
        + ", view "
        + view.number()
        + " began at write "
        + view.base()
        + " and what it acknowledged later is known to "
        + (view.isMember(replica.config().peer()) ? peerName() + " alone" : "nobody alive")
        + damage(recovered)
        + "; bring that node back, or give the missing writes up with --accept-loss";
  }

  private String damage(Recovered recovered) {
    if (recovered.rotten().isEmpty()) {
      return "";
    }
    String nodes =
        recovered.rotten().stream()
            .map(replica.config().nodeNames()::get)
            .collect(Collectors.joining(" and "));
    return "; the log of " + nodes + " is damaged, it reached further once (see twinlog check)";
  }

  private String peerName() {
    return replica.config().nodeNames().get(replica.config().peer());
  }

  /** The view changed, or the attempt was refused. */
  void changed() {
    if (outcome == null || examining) {
      return;
    }
    if (replica.isPrimary()) {
      done();
    } else {
      end("view " + replica.view().number() + " was chosen instead; see status");
    }
  }

  /**
   * An operator is not kept waiting for ever, and an attempt does not outlive the answer: it ends
   * unless its view has been proposed, which nobody can take back.
   */
  void tick() {
    if (outcome == null || replica.now() - sinceNanos <= TIMEOUT_NANOS) {
      return;
    }
    if (replica.isPrimary()) {
      end(
          "this node is primary, and the backing does not answer in time to record that: should the"
              + " node end before it does, promote again; see status");
    } else if (examining || replica.views().giveUp(SLOW)) {
      end(SLOW);
    } else {
      end(
          "the backing does not answer in time, and the view is proposed: this node becomes primary"
              + " when the backing answers; see status");
    }
  }

  /** Says so once a process that starts after a crash would know the view that was decided on. */
  private void done() {
    examining = false;
    long mine = attempt;
    long view = replica.view().number();
    boolean loss = planNumber == view && !lost.isEmpty();
    slots.whenWritten(
        view,
        () -> {
          if (isOver(mine)) {
            return;
          }
          Outcome told = outcome;
          outcome = null;
          if (loss) {
            told.doneWithLoss("primary in view " + view + "; " + lost);
          } else {
            told.done("primary in view " + view + (acceptLoss ? "; nothing was lost" : ""));
          }
        });
  }

  void end(String reason) {
    examining = false;
    Outcome told = outcome;
    outcome = null;
    if (told != null) {
      told.refused(reason);
    }
  }
}
