package io.twinlog.replication.core;

import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.View;

/** What a chosen view makes of this node: how it becomes, stays and ceases to be primary. */
final class Roles {
  private final Replica replica;
  private final Views views;
  private final LogWriter log;
  private final Destager destager;
  private final Primary primaryPart;
  private final SyncSource syncSource;
  private final Promotion promotion;

  private boolean primary;
  private long primarySinceView;

  /** This node took over, or loaded: what it has may be known to nobody else yet. */
  private boolean taker;

  Roles(
      Replica replica,
      Views views,
      LogWriter log,
      Destager destager,
      Primary primaryPart,
      SyncSource syncSource,
      Promotion promotion) {
    this.replica = replica;
    this.views = views;
    this.log = log;
    this.destager = destager;
    this.primaryPart = primaryPart;
    this.syncSource = syncSource;
    this.promotion = promotion;
  }

  boolean isPrimary() {
    return primary;
  }

  /** The view in which the present primacy began. */
  long primarySinceView() {
    return primarySinceView;
  }

  boolean isTaker() {
    return taker;
  }

  /** A later view is known. */
  void viewChanged(View old) {
    boolean chosen = replica.view().primary() == replica.config().node() && replica.isMember();
    if (primary && !chosen) {
      leavePrimary();
    } else if (!primary && chosen) {
      becomePrimary(old);
    } else if (primary) {
      continuePrimary(old);
    } else {
      becomeSecondary(old);
    }
  }

  private void leavePrimary() {
    primary = false;
    destager.end();
    syncSource.end();
    primaryPart.end();
    replica.shelves().fence().leftPrimary();
    replica.event("role", "primary", "secondary", "view " + replica.view().number());
    replica.tellLeftPrimary();
    if (!replica.isMember()) {
      replica.event(
          "copy",
          "up-to-date",
          "outdated",
          "view " + replica.view().number() + " went on without it");
    }
  }

  private void becomePrimary(View old) {
    primary = true;
    primarySinceView = replica.view().number();
    replica.shelves().fence().becamePrimary(old.clean());
    taker = true;
    Promotion.Plan plan = promotion.takePlan(replica.view().number());
    if (plan instanceof Promotion.Plan.FromBacking fromBacking
        && fromBacking.survey().outcome() instanceof Recovered recovered) {
      views.holdsContentUpTo(replica.view().base());
      replica.loadsContentOf(replica.view().base());
      if (recovered.end() == replica.view().base()) {
        install(fromBacking.survey(), recovered, true);
      } else {
        surveyAgain(true);
      }
    } else if (plan instanceof Promotion.Plan.FromRam fromRam
        && fromRam.survey().outcome() instanceof Recovered recovered) {
      checkBase();
      install(fromRam.survey(), recovered, false);
    } else {
      checkBase();
      surveyAgain(false);
    }
    replica.event("role", "secondary", "primary", "view " + replica.view().number());
    replica.tellBecamePrimary();
    if (replica.isPair() && replica.link() == null) {
      views.goAlone("the peer was lost during the change");
    }
  }

  private void checkBase() {
    if (replica.number() != replica.view().base()) {
      replica.panic(
          "RAM holds writes up to %d, view %d begins at %d"
              .formatted(replica.number(), replica.view().number(), replica.view().base()));
    }
  }

  private void surveyAgain(boolean load) {
    long of = replica.view().number();
    replica.survey(
        (error, result) -> {
          if (!primary || destager.isSurveyed()) {
            return;
          }
          if (error == null
              && replica.view().number() == of
              && result.outcome() instanceof Recovered recovered) {
            install(result, recovered, load);
          } else {
            if (error != null) {
              replica.backingFailed(error);
            }
            // Others may have gone on meanwhile, and have let go what belongs to this view.
            views.look();
            replica.after(Replica.RETRY_NANOS, () -> surveyAgainIfPrimary(load));
          }
        });
  }

  private void surveyAgainIfPrimary(boolean load) {
    if (primary && !destager.isSurveyed()) {
      surveyAgain(load);
    }
  }

  /** The primary knows what is on the backing: destage begins. */
  private void install(Survey.Result survey, Recovered recovered, boolean load) {
    views.checkpointSeen(recovered.checkpoint());
    destager.begin(survey, recovered, load);
    replica.requestEndTurn();
  }

  private void continuePrimary(View old) {
    checkBase();
    if (!replica.isPair() && old.members() != 3) {
      // The taker's copy is no more its own secret once its lone view was complete.
      taker = taker && !replica.view().completeAtBirth();
    } else if (!replica.isPair()) {
      taker = false;
    }
    log.viewChanged();
    destager.viewBegins();
    syncSource.end();
    primaryPart.viewChanged();
    if (replica.isPair() && replica.link() == null) {
      views.goAlone("the peer was lost while it rejoined");
    }
  }

  private void becomeSecondary(View old) {
    if (replica.isMember()) {
      views.holdsContentUpTo(replica.number());
      checkBase();
      replica.checkWhole();
      replica.event("copy", "", "up-to-date", "view " + replica.view().number());
    } else if (old.isMember(replica.config().node()) && views.hasContent()) {
      replica.event(
          "copy",
          "up-to-date",
          "outdated",
          "view " + replica.view().number() + " went on without it");
    }
  }
}
