package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Recovery.NewerView;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
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

  private final Replica replica;
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

  private long sinceNanos;

  Promotion(Replica replica, Slots slots) {
    this.replica = replica;
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

  void begin(boolean withForce, boolean withLoss, Outcome tellOutcome) {
    outcome = tellOutcome;
    examining = true;
    sinceNanos = replica.now();
    force = withForce;
    acceptLoss = withLoss;
    Link link = replica.link();
    if (link != null && link.peerRole == Role.PRIMARY) {
      if (!force) {
        end(peerName() + " is connected and primary: use switchover instead");
        return;
      }
      replica.closeLink("promotion by force");
    }
    slots.read(
        (error, reading) -> {
          if (error != null) {
            end("the backing cannot be read: " + error.getMessage());
            return;
          }
          replica.views().learn(reading);
          examine(reading.peer());
        });
  }

  private void examine(SlotRecord peer) {
    if (replica.isPrimary()) {
      done();
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
    replica.after(
        replica.config().timing().loneTakeover().toNanos(),
        () ->
            slots.read(
                (error, reading) -> {
                  if (error != null) {
                    end("the backing cannot be read: " + error.getMessage());
                  } else if (replica.views().learn(reading)) {
                    examine(reading.peer());
                  } else if (reading.peer() != null
                      && reading.peer().sequence() != before.sequence()) {
                    end(
                        peerName()
                            + " is alive and primary, only not connected: repair the link, or stop"
                            + " that node first");
                  } else {
                    survey();
                  }
                }));
  }

  private void survey() {
    replica.survey(
        (error, result) -> {
          if (error != null) {
            end("the backing cannot be read: " + error.getMessage());
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
    examining = false;
    if (replica.isPrimary()) {
      done();
      return;
    }
    if (replica.isChanging()) {
      end("a view change is under way: try again");
      return;
    }
    replica.views().change(ViewChange.Kind.PROMOTE, this::decide);
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

  /** An operator is not kept waiting for ever. */
  void tick() {
    if (outcome != null && !examining && replica.now() - sinceNanos > TIMEOUT_NANOS) {
      end("the backing does not answer in time; the attempt goes on, see status");
    }
  }

  private void done() {
    examining = false;
    Outcome told = outcome;
    outcome = null;
    if (told != null) {
      told.done("primary in view " + replica.view().number());
    }
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
