package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.Recovery.Recovered;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * One node's replica of one resource: views, acknowledgement, destage and resync, without I/O,
 * threads or clocks (design, sections 2 to 4). Events come in as calls, all on the resource's event
 * loop; what follows from them goes out through {@link Effects} and {@link PeerOut}.
 *
 * <p>Each part keeps the state of its own job: {@link Primary} client requests, {@link Secondary}
 * the primary's frames, {@link Destager}, {@link LogWriter} and {@link Checkpointer} the backing,
 * {@link Loader} what RAM still lacks, {@link SyncSource} the peer's resync, {@link ViewChange} one
 * attempt at a view, {@link Promotion} and {@link Handover} what operators ask for. This class
 * holds what they share: the view, the write number, the incarnation and the link.
 */
public final class Replica implements BlockService {
  static final long RETRY_NANOS = 100_000_000;
  private static final long PAUSE_NANOS = 500_000_000;
  private static final int MAX_NONCE_MISMATCHES = 3;

  private record Timer(long dueNanos, long order, Runnable action) {}

  private final ReplicaConfig config;
  private final RamDevice ram;
  private final Effects effects;
  private final Set<Rule> rules;
  private final BlockTable table;
  private final Slots slots;
  private final LogWriter log;
  private final Checkpointer checkpointer;
  private final Loader loader;
  private final Primary primaryPart;
  private final Secondary secondary;
  private final SyncSource syncSource;
  private final Promotion promotion;
  private final Handover handover;
  private final Failover failover;
  private final Destager destager;
  private final List<ClientListener> listeners = new ArrayList<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(
          (a, b) ->
              a.dueNanos != b.dueNanos
                  ? Long.compare(a.dueNanos - b.dueNanos, 0)
                  : Long.compare(a.order, b.order));

  private long now;
  private long timerOrder;
  private boolean endTurnRequested;
  private boolean inEndTurn;

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

  private boolean primary;
  private long primarySinceView;

  /** This node took over, or loaded: what it has may be known to nobody else yet. */
  private boolean taker;

  private ViewChange change;
  private Link link;
  private boolean standalone;
  private boolean identified;
  private int nonceMismatches;
  private long peerDrainedView;
  private long saidDrainedView;
  private long lastCounterNanos;
  private String backingError = "";
  private long viewChanges;

  /** Greatest checkpoint that this node has seen published. */
  private long knownCheckpoint;

  /** Makes a replica that knows nothing yet; {@link #start} reads the backing. */
  public Replica(ReplicaConfig config, RamDevice ram, Effects effects) {
    this(config, ram, effects, Set.of(Rule.values()));
  }

  Replica(ReplicaConfig config, RamDevice ram, Effects effects, Set<Rule> rules) {
    this(config, ram, effects, rules, Layout.PIECE_BLOCKS, copyAsideBlocks(config.layout()));
  }

  /**
   * With pieces and a pool for copies aside that are small enough for small devices to need them.
   */
  Replica(
      ReplicaConfig config,
      RamDevice ram,
      Effects effects,
      Set<Rule> rules,
      int pieceBlocks,
      int asideBlocks) {
    this.config = config;
    this.ram = ram;
    this.effects = effects;
    this.rules = rules;
    table = new BlockTable(config.layout().deviceBytes());
    slots = new Slots(effects, config.layout(), config.node());
    log =
        new LogWriter(this, effects, slots, table, ram, config.layout(), pieceBlocks, asideBlocks);
    checkpointer = new Checkpointer(this, effects, slots, table, ram, config.layout(), log);
    loader = new Loader(this, effects, ram, config.layout());
    primaryPart = new Primary(this, table, ram, slots, log, loader);
    secondary = new Secondary(this, table, ram, slots);
    syncSource = new SyncSource(this, ram);
    promotion = new Promotion(this, slots);
    handover = new Handover(this, log, checkpointer, table);
    failover = new Failover(this);
    destager =
        new Destager(this, table, log, checkpointer, loader, primaryPart, handover, syncSource);
  }

  /** A quarter of the device, from 16 MiB (or all of it) to 256 MiB. */
  private static int copyAsideBlocks(Layout layout) {
    int blocks = layout.deviceBlocks();
    return Math.min(Math.max(blocks / 4, Math.min(4096, blocks)), 1 << 16);
  }

  // ---- Life ----

  /** Begins reading the backing; until that is done, nothing is served and no link is wanted. */
  public void start(long nowNanos) {
    now = nowNanos;
    lastCounterNanos = nowNanos;
    if (incarnation == 0) {
      incarnation = effects.freshIdentity();
      nonce = effects.freshIdentity();
    }
    slots.read(
        (error, reading) -> {
          if (error == null && reading.own() == null) {
            backingFailed(new IOException("the backing has no slot of this node"));
          } else if (error != null) {
            backingFailed(error);
          } else if (reading.own().incarnation() == 0) {
            started(reading);
            return;
          } else {
            watchOwnSlot(reading.own());
            return;
          }
          after(RETRY_NANOS, () -> start(now));
        });
  }

  /** Another process may be this node: then its slot moves, and this one does not begin. */
  private void watchOwnSlot(SlotRecord before) {
    after(
        2 * config.timing().counterInterval().toNanos() + RETRY_NANOS,
        () ->
            slots.read(
                (error, reading) -> {
                  if (error != null) {
                    backingFailed(error);
                  } else if (reading.own() == null
                      || reading.own().sequence() != before.sequence()) {
                    backingFailed(
                        new IOException(
                            "another process is node "
                                + config.nodeNames().get(config.node())
                                + ": its slot on the backing moves; stop that one first"));
                  } else {
                    started(reading);
                    return;
                  }
                  after(RETRY_NANOS, () -> start(now));
                }));
  }

  private void started(Slots.Reading reading) {
    slots.adopt(reading.own());
    view = reading.own().chosen();
    SlotRecord peer = reading.peer();
    if (peer != null && peer.chosen().number() > view.number()) {
      view = peer.chosen();
    }
    if (!rules.contains(Rule.INCARNATION) && reading.own().incarnation() != 0) {
      incarnation = reading.own().incarnation();
      number = view.base();
      hasContent = true;
    }
    View learnt = view;
    identify(learnt);
    event("view", "", describe(view), "at start");
    requestEndTurn();
  }

  /** Writes who this process is; until that is durable no link is wanted. */
  private void identify(View learnt) {
    slots.update(
        own -> own.learn(learnt).identify(incarnation, nonce),
        error -> {
          slotWritten(error);
          if (error == null) {
            identified = true;
          } else {
            after(RETRY_NANOS, () -> identify(learnt));
          }
        });
  }

  private void slotWritten(IOException error) {
    if (error != null) {
      backingFailed(error);
    }
  }

  /** Time goes on; every 20 ms or so. */
  public void tick(long nowNanos) {
    boolean paused = nowNanos - now > PAUSE_NANOS;
    now = nowNanos;
    if (paused && link != null) {
      // What the peer has sent meanwhile is still in the socket: it is judged from now on.
      link.heardNanos = now;
    }
    while (!timers.isEmpty() && timers.peek().dueNanos - now <= 0) {
      timers.remove().action().run();
    }
    if (view == null) {
      return;
    }
    tickLink();
    moveCounter();
    handover.tick();
    promotion.tick();
    syncSource.tick();
    failover.tick();
    requestEndTurn();
  }

  private void tickLink() {
    if (link == null) {
      return;
    }
    ReplicaConfig.Timing timing = config.timing();
    if (now - link.heardNanos > timing.peerTimeout().toNanos()) {
      closeLink("the peer has been silent for too long", true);
    } else if (primary
        && isPair()
        && !isFrozen()
        && primaryPart.isWaitingSince(now - timing.confirmTimeout().toNanos())) {
      syncSource.evicted();
      closeLink("the peer does not confirm", true);
    } else if (now - link.spokenNanos >= timing.heartbeat().toNanos()) {
      link.spokenNanos = now;
      link.out.heartbeat();
    }
  }

  private void moveCounter() {
    if (now - lastCounterNanos >= config.timing().counterInterval().toNanos()
        && !slots.isWriting()) {
      lastCounterNanos = now;
      slots.update(SlotRecord::moveCounter, this::slotWritten);
    }
  }

  /** Asked for by {@link Effects#requestEndTurn}: the events at hand have been taken in. */
  public void endTurn() {
    endTurnRequested = false;
    inEndTurn = true;
    pump();
    if (primary) {
      primaryPart.pump();
      syncSource.pump();
      handover.pump();
    } else if (link != null && view != null) {
      secondary.confirm(link);
    }
    sayDrained();
    inEndTurn = false;
  }

  void requestEndTurn() {
    if (!endTurnRequested) {
      endTurnRequested = true;
      effects.requestEndTurn();
    }
  }

  /** Begins whatever backing I/O is due, at the end of the turn. */
  void pump() {
    if (!inEndTurn) {
      requestEndTurn();
    } else if (primary && !isFrozen()) {
      destager.pump();
    }
  }

  // ---- What the log tells ----

  /** A batch has become part of the log. */
  void logAdvanced(Batch batch) {
    destager.logAdvanced(batch);
    requestEndTurn();
  }

  void checkpointed() {
    checkpointSeen(checkpointer.position());
    requestEndTurn();
  }

  /** A published checkpoint: what a view has to say of older batches gets shorter by it. */
  void checkpointSeen(long position) {
    knownCheckpoint = Math.max(knownCheckpoint, position);
  }

  void backingFailed(IOException error) {
    String text = String.valueOf(error.getMessage());
    if (!text.equals(backingError)) {
      event("backing", backingError.isEmpty() ? "ok" : "failed", "failed", text);
      backingError = text;
    }
  }

  void backingWorks() {
    if (!backingError.isEmpty()) {
      backingError = "";
      event("backing", "failed", "ok", "");
    }
  }

  // ---- Views ----

  /** Begins an attempt at the next view; from here until its end nothing is acknowledged. */
  void change(ViewChange.Kind kind, ViewChange.Decision decision) {
    if (change != null) {
      throw new IllegalStateException("a view change is under way");
    }
    if (!primary && view.primary() == config.peer()) {
      // From the mark on it confirms nothing; its primary need not wait to find that out.
      closeLink("this node is changing the view", true);
    }
    change = new ViewChange(this, slots, kind, decision);
    change.start();
  }

  void changeRefused(ViewChange refused, String reason) {
    if (change == refused) {
      change = null;
      promotion.end(reason);
    }
  }

  View newView(
      int newPrimary,
      int members,
      long peerIncarnation,
      long base,
      boolean completeAtBirth,
      boolean clean) {
    long mine = (members & 1 << config.node()) != 0 ? incarnation : 0;
    return new View(
        view.number() + 1,
        newPrimary,
        members,
        config.node() == 0 ? mine : peerIncarnation,
        config.node() == 1 ? mine : peerIncarnation,
        base,
        completeAtBirth,
        clean,
        1,
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

  /** Whether the peer has marked a later view; a primary then has one chosen itself (rule 3). */
  boolean isContested(Slots.Reading reading) {
    SlotRecord peer = reading.peer();
    if (peer == null || peer.mark() <= view.number()) {
      return false;
    }
    if (primary && change == null) {
      goAlone("the peer has marked view " + peer.mark());
    }
    return true;
  }

  void goAlone(String why) {
    event("view", describe(view), "", "going alone: " + why);
    int me = config.node();
    change(
        ViewChange.Kind.GO_ALONE,
        attempt -> attempt.propose(newView(me, 1 << me, 0, number, isComplete(), false)));
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
    viewChanges++;
    if (change != null) {
      change.end();
      change = null;
    }
    slots.update(own -> own.learn(next), this::slotWritten);
    secondary.endSync();
    event("view", describe(old), describe(next), "");
    if (link != null) {
      // Before any frame of the new view.
      link.out.control(new PeerControl.ViewAnnounce(next));
    }
    boolean chosen = next.primary() == config.node() && isMember();
    if (isMember() && next.members() == 3) {
      memberView = next;
    }
    if (primary && !chosen) {
      leavePrimary();
    } else if (!primary && chosen) {
      becomePrimary();
    } else if (primary) {
      continuePrimary(old);
    } else {
      becomeSecondary(old);
    }
    sayStatus();
    promotion.changed();
    handover.viewChanged();
    requestEndTurn();
  }

  private void leavePrimary() {
    primary = false;
    destager.end();
    syncSource.end();
    primaryPart.end();
    event("role", "primary", "secondary", "view " + view.number());
    effects.leftPrimary();
    List.copyOf(listeners).forEach(ClientListener::leftPrimary);
    if (!isMember()) {
      event("copy", "up-to-date", "outdated", "view " + view.number() + " went on without it");
    }
  }

  private void becomePrimary() {
    primary = true;
    primarySinceView = view.number();
    taker = true;
    Promotion.Plan plan = promotion.takePlan(view.number());
    if (plan instanceof Promotion.Plan.FromBacking fromBacking
        && fromBacking.survey().outcome() instanceof Recovered recovered) {
      number = view.base();
      hasContent = true;
      if (recovered.end() == view.base()) {
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
    event("role", "secondary", "primary", "view " + view.number());
    effects.becamePrimary();
    List.copyOf(listeners).forEach(ClientListener::becamePrimary);
    if (isPair() && link == null) {
      goAlone("the peer was lost during the change");
    }
  }

  private void checkBase() {
    if (number != view.base()) {
      panic(
          "RAM holds writes up to %d, view %d begins at %d"
              .formatted(number, view.number(), view.base()));
    }
  }

  private void surveyAgain(boolean load) {
    long of = view.number();
    survey(
        (error, result) -> {
          if (!primary || destager.isSurveyed()) {
            return;
          }
          if (error == null
              && view.number() == of
              && result.outcome() instanceof Recovered recovered) {
            install(result, recovered, load);
          } else {
            if (error != null) {
              backingFailed(error);
            }
            after(RETRY_NANOS, () -> surveyAgainIfPrimary(load));
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
    checkpointSeen(recovered.checkpoint());
    destager.begin(survey, recovered, load);
    requestEndTurn();
  }

  private void continuePrimary(View old) {
    checkBase();
    if (!isPair() && old.members() != 3) {
      // The taker's copy is no more its own secret once its lone view was complete.
      taker = taker && !view.completeAtBirth();
    } else if (!isPair()) {
      taker = false;
    }
    log.viewChanged();
    destager.viewBegins();
    syncSource.end();
    primaryPart.viewChanged();
    if (isPair() && link == null) {
      goAlone("the peer was lost while it rejoined");
    }
  }

  private void becomeSecondary(View old) {
    if (isMember()) {
      hasContent = true;
      if (number != view.base()) {
        checkBase();
      }
      event("copy", "", "up-to-date", "view " + view.number());
    } else if (old.isMember(config.node()) && hasContent) {
      event("copy", "up-to-date", "outdated", "view " + view.number() + " went on without it");
    }
  }

  /** This RAM content is given up; what follows is another incarnation. */
  void discardCopy(String why) {
    incarnation = effects.freshIdentity();
    hasContent = false;
    memberView = null;
    number = 0;
    Arrays.fill(table.lastChanged, 0);
    slots.update(own -> own.identify(incarnation, nonce), this::slotWritten);
    event("copy", "", "inconsistent", why);
  }

  void beginNumbersAt(long first) {
    number = first;
  }

  void survey(Survey.Completion completion) {
    if (log.isWriting() || checkpointer.isWriting() || loader.isReading()) {
      // What this process began as primary before has to land first.
      after(RETRY_NANOS / 5, () -> survey(completion));
      return;
    }
    Survey.run(effects, config.layout(), config.uuid(), view, completion);
  }

  // ---- The link ----

  /** Whether the node should have a link: false while it stands alone. */
  public boolean wantsLink() {
    return !standalone && identified;
  }

  /** What this replica says of itself when a connection is made. */
  public PeerHello hello() {
    return new PeerHello(
        config.node(),
        incarnation,
        view == null ? 0 : view.number(),
        primary ? Role.PRIMARY : Role.SECONDARY,
        number,
        nonce);
  }

  /** An authenticated connection is established; it replaces an older one. */
  public void linkUp(PeerOut out, PeerHello peer) {
    if (link != null) {
      closeLink("a newer connection", false);
    }
    if (!wantsLink()) {
      out.close("standing alone");
      return;
    }
    link = new Link(out, peer, now);
    event("connection", "connecting", "connected", "");
    sayStatus();
    saidDrainedView = 0;
    verify(link);
    requestEndTurn();
  }

  /** Both nodes must see each other's nonce through the backing: then it is the same one. */
  private void verify(Link of) {
    slots.read(
        (error, reading) -> {
          if (link != of) {
            return;
          }
          if (error != null) {
            backingFailed(error);
            after(RETRY_NANOS, () -> verifyIfLinked(of));
            return;
          }
          learn(reading);
          if (link != of) {
            return;
          }
          if (reading.peer() == null || reading.peer().nonce() != of.peer.nonce()) {
            otherBacking();
            return;
          }
          of.verified = true;
          nonceMismatches = 0;
          requestEndTurn();
        });
  }

  /** Once may be a peer that has just started again; three times is two backings. */
  private void otherBacking() {
    nonceMismatches++;
    standalone = nonceMismatches >= MAX_NONCE_MISMATCHES;
    closeLink(
        "the peer uses another backing: what it wrote to its slot is not to be seen here;"
            + " make both nodes' shelves the same, then connect",
        true);
  }

  private void verifyIfLinked(Link of) {
    if (link == of) {
      verify(of);
    }
  }

  /** The connection is gone. */
  public void linkDown(PeerOut out, String reason) {
    if (link != null && link.out == out) {
      linkLost(reason);
    }
  }

  /** Closes the link from this side; {@code goOn} tells whether the primary goes alone at once. */
  void closeLink(String reason, boolean goOn) {
    if (link != null) {
      PeerOut out = link.out;
      linkLost(reason);
      out.close(reason);
    }
  }

  private void linkLost(String reason) {
    link = null;
    secondary.endSync();
    syncSource.end();
    event("connection", "connected", standalone ? "standalone" : "connecting", reason);
    failover.linkLost();
    if (primary && isPair() && change == null) {
      goAlone(reason);
    }
    requestEndTurn();
  }

  public void peerHeartbeat(PeerOut from) {
    heard(from);
  }

  private Link heard(PeerOut from) {
    if (link == null || link.out != from) {
      return null;
    }
    link.heardNanos = now;
    return link;
  }

  /** A write of the primary; the payload stays the caller's. */
  public void peerWrite(
      PeerOut from,
      long frameView,
      long frameNumber,
      Command command,
      long offset,
      long length,
      ByteBuf payload) {
    Link of = heard(from);
    if (of != null && inDevice(offset, length)) {
      secondary.write(of, frameView, frameNumber, command, offset, length, payload);
    }
  }

  /** Content of a range in a resync, null for zeros; the buffer stays the caller's. */
  public void peerBlocks(PeerOut from, long frameView, long offset, long length, ByteBuf data) {
    Link of = heard(from);
    if (of != null && inDevice(offset, length)) {
      secondary.blocks(of, frameView, offset, length, data);
    }
  }

  private boolean inDevice(long offset, long length) {
    if (offset < 0 || length < 0 || offset > ram.sizeBytes() - length) {
      closeLink(
          "the peer writes outside the device: %d bytes at %d".formatted(length, offset), true);
      return false;
    }
    return true;
  }

  public void peerBarrier(PeerOut from, long frameView) {
    Link of = heard(from);
    if (of != null) {
      secondary.barrier(of);
    }
  }

  /** A cumulative confirmation of this connection. */
  public void peerConfirm(PeerOut from, long frameView, long frameNumber, long frames) {
    Link of = heard(from);
    if (of == null || frames > of.sent) {
      return;
    }
    of.confirmedFrames = frames;
    if (!primary || frameView != view.number()) {
      return;
    }
    if (isPair()) {
      if (mayAct()) {
        primaryPart.confirmed(frameNumber, frames);
      }
    } else if (syncSource.isStreaming()) {
      syncSource.confirmed(frameNumber);
    }
    requestEndTurn();
  }

  /** A control message. */
  public void peerControl(PeerOut from, PeerControl message) {
    Link of = heard(from);
    if (of == null) {
      return;
    }
    requestEndTurn();
    if (message instanceof PeerControl.ViewAnnounce announce) {
      announced(announce.view());
    } else if (message instanceof PeerControl.PeerStatus status) {
      of.peerRole = status.role();
      of.peerCopy = status.copy();
    } else if (message instanceof PeerControl.Drained drained) {
      peerDrainedView = Math.max(peerDrainedView, drained.view());
    } else if (message instanceof PeerControl.SyncOffer offer) {
      secondary.offered(of, offer.view());
    } else if (message instanceof PeerControl.SyncReady ready) {
      of.peerIncarnation = ready.incarnation();
      syncSource.ready(of, ready.view(), ready.incarnation());
    } else if (message instanceof PeerControl.SyncStart start) {
      secondary.started(start.view(), start.number());
    } else if (message instanceof PeerControl.SyncRefused refused) {
      event("resync", "", "refused", refused.reason());
      syncSource.refused(refused.view());
      lookForMark();
    } else if (message instanceof PeerControl.SwitchoverRequest) {
      switchoverAsked(of);
    } else if (message instanceof PeerControl.SwitchoverRefused refused) {
      failover.switchoverRefused(refused.reason());
    }
  }

  /** The peer may have refused because it has marked a view that this node has not seen. */
  private void lookForMark() {
    slots.read(
        (error, reading) -> {
          if (error == null && primary && !learn(reading)) {
            isContested(reading);
          }
        });
  }

  private void announced(View announced) {
    if (announced.number() > view.number()) {
      adoptWithLimits(announced);
    }
  }

  private void switchoverAsked(Link of) {
    switchover(
        new Outcome() {
          @Override
          public void done(String detail) {}

          @Override
          public void refused(String reason) {
            if (link == of) {
              of.out.control(new PeerControl.SwitchoverRefused(reason));
            }
          }
        });
  }

  private void sayStatus() {
    if (link != null) {
      link.out.control(
          new PeerControl.PeerStatus(primary ? Role.PRIMARY : Role.SECONDARY, copy(), false));
    }
  }

  /**
   * Tells the peer, once a view, that nothing of an earlier primacy is under way on the backing.
   */
  private void sayDrained() {
    if (link != null
        && view != null
        && !primary
        && saidDrainedView < view.number()
        && !log.isWriting()
        && !checkpointer.isWriting()) {
      saidDrainedView = view.number();
      link.out.control(new PeerControl.Drained(view.number()));
    }
  }

  // ---- Operators ----

  /** Makes this node primary; {@code acceptLoss} even when acknowledged writes may be missing. */
  public void promote(boolean force, boolean acceptLoss, Outcome outcome) {
    if (view == null) {
      outcome.refused("the backing cannot be read: " + backingError);
    } else if (primary) {
      outcome.done("already primary");
    } else if (change != null || promotion.isUnderWay()) {
      outcome.refused("a view change is under way: try again");
    } else {
      promotion.begin(force, acceptLoss, outcome);
    }
  }

  /** Ends the primary role in order: everything goes to the backing, which is then clean. */
  public void demote(Outcome outcome) {
    if (primary) {
      handover.begin(Handover.Goal.STOP, outcome);
    } else {
      outcome.done("already secondary");
    }
  }

  /** Makes the secondary of the pair primary; may be asked for at either node. */
  public void switchover(Outcome outcome) {
    if (primary && isPair() && link != null) {
      handover.begin(Handover.Goal.SWITCHOVER, outcome);
    } else if (primary) {
      outcome.refused("there is no up-to-date secondary to hand over to");
    } else if (link != null && link.peerRole == Role.PRIMARY && isMember()) {
      failover.awaitSwitchover(outcome);
      link.out.control(new PeerControl.SwitchoverRequest());
    } else {
      outcome.refused("the primary is not connected: use promote if it is lost");
    }
  }

  /** Ends standing alone. */
  public void connect(Outcome outcome) {
    boolean was = standalone;
    standalone = false;
    if (was) {
      event("connection", "standalone", "connecting", "operator");
    }
    outcome.done("");
  }

  /** Takes the link down until {@link #connect}. */
  public void disconnect(Outcome outcome) {
    standalone = true;
    if (link == null) {
      event("connection", "connecting", "standalone", "operator");
    }
    closeLink("disconnected by the operator", true);
    outcome.done("");
  }

  /** Has the secondary's copy filled anew; may be asked for at either node. */
  public void resync(Outcome outcome) {
    if (link == null) {
      outcome.refused("the peer is not connected");
    } else if (!primary && link.peerRole != Role.PRIMARY) {
      outcome.refused("neither node is primary: promote one first");
    } else {
      closeLink("resync asked for by the operator", true);
      outcome.done("the secondary's copy is filled anew when it has connected");
    }
  }

  /** Brings everything committed so far to the log. */
  public void flush(Outcome outcome) {
    if (!primary) {
      outcome.refused("this node is not primary");
    } else {
      destager.flush(outcome);
      requestEndTurn();
    }
  }

  /** Ends in order before the process exits: a primary as by {@link #demote}. */
  public void stop(Outcome outcome) {
    if (primary) {
      demote(outcome);
    } else {
      closeLink("this node is being stopped", true);
      standalone = true;
      outcome.done("");
    }
  }

  // ---- BlockService ----

  @Override
  public String name() {
    return config.resource();
  }

  @Override
  public long sizeBytes() {
    return ram.sizeBytes();
  }

  @Override
  public boolean isPrimary() {
    return primary;
  }

  @Override
  public String refusal() {
    if (view == null) {
      return config.resource() + ": the backing has not been read yet";
    }
    return view.primary() == View.NO_NODE || view.primary() == config.node()
        ? config.resource() + " has no primary"
        : "primary of " + config.resource() + " is " + config.nodeNames().get(view.primary());
  }

  @Override
  public void submit(BlockRequest request) {
    if (primary) {
      primaryPart.submit(request);
    } else {
      request.releasePayload();
      request.dropped();
    }
  }

  @Override
  public void addListener(ClientListener listener) {
    listeners.add(listener);
  }

  @Override
  public void removeListener(ClientListener listener) {
    listeners.remove(listener);
  }

  // ---- What the parts share ----

  ReplicaConfig config() {
    return config;
  }

  Set<Rule> rules() {
    return rules;
  }

  View view() {
    return view;
  }

  View memberView() {
    return memberView;
  }

  long incarnation() {
    return incarnation;
  }

  long number() {
    return number;
  }

  long advanceNumber() {
    return ++number;
  }

  long now() {
    return now;
  }

  Link link() {
    return link;
  }

  SyncSource syncSource() {
    return syncSource;
  }

  RequestQueue pending() {
    return primaryPart.pending();
  }

  boolean isQuiet() {
    return primaryPart.isQuiet();
  }

  boolean isPromoting() {
    return promotion.isUnderWay();
  }

  boolean isChanging() {
    return change != null;
  }

  /** Between a mark and its outcome (rule 2): nothing is acknowledged, confirmed or committed. */
  boolean isFrozen() {
    return change != null || slots.own() == null || slots.own().mark() > view.number();
  }

  /** Whether writes may be committed, applied and confirmed, and reads answered. */
  boolean mayAct() {
    return !isFrozen() || !rules.contains(Rule.FREEZE_AFTER_MARK);
  }

  /** Whether the view has two members. */
  boolean isPair() {
    return view.members() == 3;
  }

  /** Whether this RAM content is a member of the view. */
  boolean isMember() {
    return view.isMember(config.node()) && view.incarnation(config.node()) == incarnation;
  }

  /** Whether requests are held because the primary is about to give its role up. */
  boolean holdsRequests() {
    return handover.goal() != Handover.Goal.NONE;
  }

  /** Whether the backing alone can rebuild the device. */
  boolean isComplete() {
    return primary && !isPair() && destager.isFirstBatchDone();
  }

  boolean isPopulated() {
    return destager.isSurveyed() && loader.isDone();
  }

  /** Alone, a taker answers only when its view is complete (rule 5). */
  boolean mayAnswerAlone() {
    return destager.isSurveyed() && (destager.isFirstBatchDone() || !taker);
  }

  boolean mayAnswer() {
    return destager.isSurveyed() && destager.isFirstBatchDoneOrPair();
  }

  boolean isWritingInPlace() {
    return checkpointer.isWriting();
  }

  void noteDirty(int block) {
    destager.noteDirty(block);
  }

  boolean logIsBusy() {
    return log.isBusy();
  }

  boolean isLogComplete() {
    return destager.isLogComplete();
  }

  /** Whether no I/O of the primary before this one can be under way on the backing any more. */
  boolean isPredecessorGone() {
    return peerDrainedView >= primarySinceView;
  }

  /** Whether the peer holds the clean view's content and is there to confirm. */
  boolean isPeerReadyFor(View clean) {
    int peer = config.peer();
    return link != null
        && link.verified
        && clean.isMember(peer)
        && link.peerIncarnation == clean.incarnation(peer);
  }

  void after(long delayNanos, Runnable action) {
    timers.add(new Timer(now + delayNanos, timerOrder++, action));
  }

  void event(String kind, String from, String to, String detail) {
    effects.event(new ReplicaEvent(kind, from, to, detail));
  }

  void panic(String what) {
    effects.panic(config.resource() + ": " + what);
  }

  private Copy copy() {
    if (view == null || !hasContent) {
      return Copy.INCONSISTENT;
    }
    return isMember() ? Copy.UP_TO_DATE : Copy.OUTDATED;
  }

  private String describe(View of) {
    StringBuilder text = new StringBuilder().append(of.number()).append(" {");
    for (int node = 0; node < 2; node++) {
      if (of.isMember(node)) {
        text.append(text.charAt(text.length() - 1) == '{' ? "" : ",");
        text.append(config.nodeNames().get(node)).append(node == of.primary() ? "*" : "");
      }
    }
    return text.append('}').toString();
  }

  /** A picture for status and metrics. */
  public ReplicaReport report() {
    return Reports.of(this, destager, log, checkpointer, loader, table, primaryPart, backingError);
  }

  Connection connection() {
    if (link == null) {
      return standalone ? Connection.STANDALONE : Connection.CONNECTING;
    }
    if (secondary.isSyncTarget()) {
      return Connection.SYNC_TARGET;
    }
    return syncSource.isActive() ? Connection.SYNC_SOURCE : Connection.CONNECTED;
  }

  Copy reportedCopy() {
    return copy();
  }

  long viewChanges() {
    return viewChanges;
  }
}
