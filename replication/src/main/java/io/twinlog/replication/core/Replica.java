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
 * holds what they share: the view, the write number, the incarnation and the link().
 */
public final class Replica implements BlockService {
  static final long RETRY_NANOS = 100_000_000;
  private static final long PAUSE_NANOS = 500_000_000;

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
  private final LinkKeeper links;
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
  private boolean identified;
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
    RequestQueue pending = new RequestQueue();
    log =
        new LogWriter(
            this, effects, slots, table, ram, config.layout(), pending, pieceBlocks, asideBlocks);
    checkpointer = new Checkpointer(this, effects, slots, table, ram, config.layout(), log);
    loader = new Loader(this, effects, ram, config.layout());
    primaryPart = new Primary(this, table, ram, slots, log, loader, pending);
    secondary = new Secondary(this, table, ram, slots);
    syncSource = new SyncSource(this, ram);
    promotion = new Promotion(this, slots);
    handover = new Handover(this, log, checkpointer, table);
    failover = new Failover(this);
    links = new LinkKeeper(this, slots, ram, primaryPart, secondary, syncSource, failover);
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
    if (paused) {
      // What the peer has sent meanwhile is still in the socket.
      links.forgetSilence();
    }
    while (!timers.isEmpty() && timers.peek().dueNanos - now <= 0) {
      timers.remove().action().run();
    }
    if (view == null) {
      return;
    }
    links.tick();
    moveCounter();
    handover.tick();
    promotion.tick();
    syncSource.tick();
    failover.tick();
    requestEndTurn();
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
    } else if (link() != null && view != null) {
      secondary.confirm(link());
    }
    links.sayDrained();
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
    } else if (primary && mayAct()) {
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
      closeLink("this node is changing the view");
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

  /** The peer says that a view is chosen. */
  void announced(View announced) {
    if (announced.number() > view.number()) {
      adoptWithLimits(announced);
    }
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
    if (link() != null) {
      // Before any frame of the new view.
      link().out.control(new PeerControl.ViewAnnounce(next));
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
    links.sayStatus();
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
    if (isPair() && link() == null) {
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
    if (isPair() && link() == null) {
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
    return links.wantsLink();
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
    links.up(out, peer);
  }

  /** The connection is gone. */
  public void linkDown(PeerOut out, String reason) {
    links.down(out, reason);
  }

  /** Closes the link from this side. */
  void closeLink(String reason) {
    links.close(reason);
  }

  /** A sign of life. */
  public void peerHeartbeat(PeerOut from) {
    links.heard(from);
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
    links.write(from, frameView, frameNumber, command, offset, length, payload);
  }

  /** Content of a range in a resync, null for zeros; the buffer stays the caller's. */
  public void peerBlocks(PeerOut from, long frameView, long offset, long length, ByteBuf data) {
    links.blocks(from, frameView, offset, length, data);
  }

  /** The primary asks for a confirmation. */
  public void peerBarrier(PeerOut from, long frameView) {
    links.barrier(from);
  }

  /** A cumulative confirmation of this connection. */
  public void peerConfirm(PeerOut from, long frameView, long frameNumber, long frames) {
    links.confirm(from, frameView, frameNumber, frames);
  }

  /** A control message. */
  public void peerControl(PeerOut from, PeerControl message) {
    links.control(from, message);
  }

  // ---- Operators ----

  /** Makes this node primary; {@code acceptLoss} even when acknowledged writes may be missing. */
  public void promote(boolean force, boolean acceptLoss, Outcome outcome) {
    if (view == null && backingError.isEmpty()) {
      // Still starting: it watches its own slot for a second.
      after(RETRY_NANOS, () -> promote(force, acceptLoss, outcome));
    } else if (view == null) {
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
    if (primary && isPair() && link() != null) {
      handover.begin(Handover.Goal.SWITCHOVER, outcome);
    } else if (primary) {
      outcome.refused("there is no up-to-date secondary to hand over to");
    } else if (link() != null && link().peerRole == Role.PRIMARY && isMember()) {
      failover.awaitSwitchover(outcome);
      link().out.control(new PeerControl.SwitchoverRequest());
    } else {
      outcome.refused("the primary is not connected: use promote if it is lost");
    }
  }

  /** Ends standing alone. */
  public void connect(Outcome outcome) {
    links.standAlone(false);
    outcome.done("");
  }

  /** Takes the link down until {@link #connect}. */
  public void disconnect(Outcome outcome) {
    links.standAlone(true);
    closeLink("disconnected by the operator");
    outcome.done("");
  }

  /** Has the secondary's copy filled anew; may be asked for at either node. */
  public void resync(Outcome outcome) {
    if (link() == null) {
      outcome.refused("the peer is not connected");
    } else if (!primary && link().peerRole != Role.PRIMARY) {
      outcome.refused("neither node is primary: promote one first");
    } else {
      closeLink("resync asked for by the operator");
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
      closeLink("this node is being stopped");
      links.standAlone(true);
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

  /** Whether the own slot says who this process is: before that no link is wanted. */
  boolean isIdentified() {
    return identified;
  }

  /** Whether anything of this process's primacy is under way on the backing. */
  boolean isWritingToBacking() {
    return log.isWriting() || checkpointer.isWriting();
  }

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
    return links.link();
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
    return links.peerDrainedView() >= primarySinceView;
  }

  /** Whether the peer holds the clean view's content and is there to confirm. */
  boolean isPeerReadyFor(View clean) {
    int peer = config.peer();
    return link() != null
        && link().verified
        && clean.isMember(peer)
        && link().peerIncarnation == clean.incarnation(peer);
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

  /** What this node's RAM is worth. */
  Copy copy() {
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
    if (link() == null) {
      return links.isStandalone() ? Connection.STANDALONE : Connection.CONNECTING;
    }
    if (secondary.isSyncTarget()) {
      return Connection.SYNC_TARGET;
    }
    return syncSource.isActive() ? Connection.SYNC_SOURCE : Connection.CONNECTED;
  }

  long viewChanges() {
    return viewChanges;
  }
}
