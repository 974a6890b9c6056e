package io.twinlog.replication.core;

import io.netty.buffer.ByteBuf;
import io.twinlog.blockdev.BlockRequest;
import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.log.Layout;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.View;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One node's replica of one resource: views, acknowledgement, destage and resync, without I/O,
 * threads or clocks (design, sections 2 to 4). Events come in as calls, all on the resource's event
 * loop; what follows from them goes out through {@link Effects} and {@link PeerOut}.
 *
 * <p>Each part keeps the state of its own job: {@link Views} the view that is known and {@link
 * ViewChange} one attempt at the next, {@link Roles} what a view makes of this node, {@link
 * Primary} client requests, {@link Secondary} the primary's frames, {@link Destager}, {@link
 * LogWriter} and {@link Checkpointer} the backing, {@link Loader} what RAM still lacks, {@link
 * SyncSource} the peer's resync, {@link LinkKeeper} the link, {@link Promotion} and {@link
 * Handover} what operators ask for. This class takes the events in and answers what the parts ask
 * of each other.
 */
public final class Replica implements BlockService {
  static final long RETRY_NANOS = 100_000_000;
  private static final long PAUSE_NANOS = 500_000_000;

  private final ReplicaConfig config;
  private final RamDevice ram;
  private final Effects effects;
  private final Set<Rule> rules;
  private final BlockTable table;
  private final Shelves shelves;
  private final ShelfKeeper shelfKeeper;
  private final Slots slots;
  private final Views views;
  private final Starting starting;
  private final Roles roles;
  private final LogWriter log;
  private final Checkpointer checkpointer;
  private final Loader loader;
  private final Primary primaryPart;
  private final Secondary secondary;
  private final Eviction eviction;
  private final SyncSource syncSource;
  private final Promotion promotion;
  private final Handover handover;
  private final Failover failover;
  private final Destager destager;
  private final LinkKeeper links;
  private final Verify verify;
  private final List<ClientListener> listeners = new ArrayList<>();
  private final Timers timers = new Timers();

  private long now;
  private long turnNanos;
  private boolean endTurnRequested;
  private boolean inEndTurn;
  private boolean surveying;

  private long lastCounterNanos;
  private final BackingHealth health;
  private final Emergency emergency = new Emergency(this);

  /** Makes a replica that knows nothing yet; {@link #start} reads the backing. */
  public Replica(ReplicaConfig config, RamDevice ram, Effects effects) {
    this(config, ram, effects, RamRecord.NONE);
  }

  /**
   * As {@link #Replica(ReplicaConfig, RamDevice, Effects)}, with RAM that may have outlived an
   * earlier process.
   *
   * @param record what that RAM says of itself
   */
  public Replica(ReplicaConfig config, RamDevice ram, Effects effects, RamRecord record) {
    this(
        config,
        ram,
        effects,
        record,
        Set.of(Rule.values()),
        Layout.PIECE_BLOCKS,
        config.layout().deviceBlocks(),
        ResyncSizes.USUAL);
  }

  Replica(
      ReplicaConfig config,
      RamDevice ram,
      Effects effects,
      Set<Rule> rules,
      int pieceBlocks,
      int asideBlocks) {
    this(config, ram, effects, RamRecord.NONE, rules, pieceBlocks, asideBlocks, ResyncSizes.USUAL);
  }

  /**
   * With pieces small enough for small devices to need several, room for fewer blocks aside than
   * the device has, and as much of a resync at a time as suits it.
   */
  Replica(
      ReplicaConfig config,
      RamDevice ram,
      Effects effects,
      RamRecord record,
      Set<Rule> rules,
      int pieceBlocks,
      int asideBlocks,
      ResyncSizes resyncSizes) {
    this.config = config;
    this.ram = ram;
    this.rules = rules;
    shelves = new Shelves(this, effects);
    this.effects = shelves;
    health = new BackingHealth(this, shelves);
    table = new BlockTable(config.layout().deviceBytes(), record);
    slots = new Slots(shelves, config.layout(), config.node(), record);
    views = new Views(this, shelves, slots, record, table);
    starting = new Starting(this, slots, views);
    RequestQueue pending = new RequestQueue();
    log =
        new LogWriter(
            this, shelves, slots, table, ram, config.layout(), pending, pieceBlocks, asideBlocks);
    checkpointer = new Checkpointer(this, shelves, slots, table, ram, config.layout(), log);
    shelfKeeper = new ShelfKeeper(this, shelves, slots, log, checkpointer);
    loader = new Loader(this, shelves, ram, config.layout());
    primaryPart = new Primary(this, table, ram, slots, log, loader, pending, record);
    secondary = new Secondary(this, shelves, table, ram, slots, record);
    eviction = new Eviction((from, to, detail) -> event("peer", from, to, detail));
    syncSource = new SyncSource(this, ram, table, eviction, resyncSizes);
    promotion = new Promotion(this, shelves, slots);
    handover = new Handover(this, slots, log, checkpointer, table);
    failover = new Failover(this);
    VerifyPieces pieces = new VerifyPieces(ram);
    VerifyTarget verifyTarget = new VerifyTarget(this, table, pieces);
    links =
        new LinkKeeper(
            this, slots, ram, primaryPart, secondary, syncSource, eviction, failover, verifyTarget);
    destager =
        new Destager(this, table, log, checkpointer, loader, primaryPart, handover, syncSource);
    verify =
        new Verify(
            this,
            table,
            destager,
            primaryPart,
            pieces,
            new PeerVerify(this, table, pieces, pending),
            new BackingVerify(
                this, shelves, slots, table, ram, log, checkpointer, destager, pieces));
    roles = new Roles(this, views, log, destager, primaryPart, syncSource, promotion);
  }

  // ---- Life ----

  /** Begins reading the backing; until that is done, nothing is served and no link is wanted. */
  public void start(long nowNanos) {
    now = nowNanos;
    turnNanos = nowNanos;
    lastCounterNanos = nowNanos;
    shelves.fence().started();
    views.begin();
    starting.start();
  }

  void slotWritten(IOException error) {
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
      syncSource.forgetSilence();
    }
    // Before anything that is due uses them: a shelf is opened again when nothing is under way.
    shelves.tick();
    shelves.fence().tick();
    health.tick();
    timers.run(now);
    if (view() == null) {
      return;
    }
    if (isPopulated()) {
      views.startingPoint().loaded();
    }
    links.tick();
    moveCounter();
    handover.tick();
    promotion.tick();
    eviction.tick(now, isPrimary() && isPair());
    syncSource.tick();
    secondary.tick();
    verify.tick();
    failover.tick();
    requestEndTurn();
  }

  private void moveCounter() {
    if (now - lastCounterNanos >= config.timing().counterInterval().toNanos()
        && !slots.isWriting()) {
      lastCounterNanos = now;
      slots.update(SlotRecord::moveCounter, health::counterMoved);
    }
  }

  /**
   * Asked for by {@link Effects#requestEndTurn}: the events at hand have been taken in.
   *
   * @param nowNanos of the same clock as that of {@link #tick}
   */
  public void endTurn(long nowNanos) {
    endTurnRequested = false;
    inEndTurn = true;
    turnNanos = nowNanos;
    syncSource.beginTurn();
    pump();
    if (isPrimary()) {
      primaryPart.pump();
      syncSource.pump();
      handover.pump();
      verify.pump();
      shelfKeeper.pump();
    } else if (link() != null && view() != null) {
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
    } else if (isPrimary() && mayAct()) {
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
    views.checkpointSeen(checkpointer.position());
    requestEndTurn();
  }

  void backingFailed(IOException error) {
    health.failed(error);
  }

  /** Reads the slots for what an error of it says alone. */
  void readSlots(Consumer<IOException> then) {
    slots.read((error, reading) -> then.accept(error));
  }

  void readSlots(Slots.Completion then) {
    slots.read(then);
  }

  Emergency emergency() {
    return emergency;
  }

  String backingError() {
    return health.error();
  }

  // ---- Views ----

  Views views() {
    return views;
  }

  /** A resync of this copy is over: the view has changed. */
  void endSync() {
    secondary.endSync();
  }

  /** Every block's content is going to be that of the write, as the backing has it. */
  void loadsContentOf(long number) {
    views.lineage().restart(view());
    for (int block = 0; block < table.blocks; block++) {
      table.changed(block, number);
    }
  }

  void checkWhole() {
    if (table.hasUnknown()) {
      panic("a member of view " + view().number() + ", and a resync has not sent every block");
    }
  }

  void promotionRefused(String reason) {
    promotion.end(reason);
  }

  void tellLeftPrimary() {
    effects.leftPrimary();
    List.copyOf(listeners).forEach(ClientListener::leftPrimary);
  }

  void tellBecamePrimary() {
    effects.becamePrimary();
    List.copyOf(listeners).forEach(ClientListener::becamePrimary);
  }

  /** The view is another one than {@code old}. */
  void viewChanged(View old) {
    roles.viewChanged(old);
    links.sayStatus();
    promotion.changed();
    handover.viewChanged();
    requestEndTurn();
  }

  void survey(Survey.Completion completion) {
    if (log.isWriting() || checkpointer.isWriting() || loader.isReading()) {
      // What this process began as primary before has to land first.
      after(RETRY_NANOS / 5, () -> survey(completion));
      return;
    }
    if (shelves.isSingle()) {
      Survey.run(shelves, config.uuid(), judge(), completion);
    } else if (surveying) {
      // What one finds out about the copies holds for the shelves as a whole.
      after(RETRY_NANOS / 5, () -> survey(completion));
    } else {
      surveying = true;
      surveyShelves(
          (error, result) -> {
            surveying = false;
            if (error instanceof GivenUpException) {
              // That shelf is not asked any more.
              survey(completion);
            } else {
              completion.done(error, result);
            }
          });
    }
  }

  private void surveyShelves(Survey.Completion completion) {
    if (isPrimary()) {
      Survey.run(shelves, config.uuid(), judge(), completion);
      return;
    }
    slots.read(
        (error, reading) -> {
          if (error != null) {
            completion.done(error, null);
          } else {
            shelves.trustReading(reading);
            Survey.run(shelves, config.uuid(), judge(), completion);
          }
        });
  }

  /** A node that is not primary keeps itself informed of the shelves. */
  void readShelves() {
    slots.read(
        (error, reading) -> {
          if (error == null && !isPrimary()) {
            shelves.trustReading(reading);
          }
        });
  }

  private View judge() {
    return rules.contains(Rule.IGNORE_VOID_BATCHES) ? view() : Survey.countingAll(view());
  }

  Shelves shelves() {
    return shelves;
  }

  ShelfKeeper shelfKeeper() {
    return shelfKeeper;
  }

  /** A view is chosen, with shelves of its own. */
  void shelvesChanged(View next) {
    shelves.viewChanged(next, isPrimary() && next.primary() == config.node());
    shelfKeeper.viewChanged();
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
        incarnation(),
        view() == null ? 0 : view().number(),
        isPrimary() ? Role.PRIMARY : Role.SECONDARY,
        number(),
        views.nonce());
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

  /** What blocks of a resync are, 16 bytes for each; the buffer stays the caller's. */
  public void peerDigests(PeerOut from, long frameView, long offset, ByteBuf digests) {
    links.digests(from, frameView, offset, digests);
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
    promotion.ask(force, acceptLoss, outcome);
  }

  /** Ends the primary role in order: everything goes to the backing, which is then clean. */
  public void demote(Outcome outcome) {
    if (isPrimary()) {
      handover.begin(Handover.Goal.STOP, outcome);
    } else {
      outcome.done("already secondary");
    }
  }

  /** Makes the secondary of the pair primary; may be asked for at either node. */
  public void switchover(Outcome outcome) {
    if (isPrimary()) {
      handover.askSwitchover(outcome);
    } else {
      failover.askSwitchover(outcome);
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

  /**
   * Compares the primary's RAM with the peer's, or with the backing, while clients go on; refused
   * at the end when something differs.
   */
  public void verify(boolean backing, Outcome outcome) {
    verify.begin(backing ? Verify.With.BACKING : Verify.With.PEER, outcome);
  }

  /** Ends a verify that is under way. */
  public void stopVerify(Outcome outcome) {
    verify.stop(outcome);
  }

  /**
   * Repairs what a verify has found to differ, at the primary; when there is no such thing, has the
   * secondary's copy filled anew, every block, which may be asked for at either node.
   */
  public void resync(Outcome outcome) {
    if (isPrimary() && verify.hasDifferences()) {
      verify.repair(outcome);
      return;
    }
    String refusal = noResync();
    if (refusal != null) {
      outcome.refused(refusal);
      return;
    }
    if (isPrimary()) {
      syncSource.wantWhole();
    } else {
      views.startingPoint().forget();
    }
    closeLink("resync asked for by the operator");
    outcome.done("the secondary's copy is filled anew when it has connected");
  }

  private String noResync() {
    if (link() == null) {
      return "the peer is not connected";
    }
    return !isPrimary() && link().peerRole != Role.PRIMARY
        ? "neither node is primary: promote one first"
        : null;
  }

  /**
   * Lets a resync wait, the one under way or the next, or go on; may be asked for at either node.
   */
  public void pauseResync(boolean pause, Outcome outcome) {
    if (isPrimary()) {
      syncSource.pause(pause);
      links.sayPaused();
      outcome.done(pause ? "no resync goes on until resync --resume" : "resyncs go on");
      return;
    }
    String refusal = noResync();
    if (refusal == null) {
      link().out.control(new PeerControl.SyncPause(pause));
      outcome.done("the primary is told to " + (pause ? "pause" : "go on"));
    } else {
      outcome.refused(refusal);
    }
  }

  /** Brings everything committed so far to the log. */
  public void flush(Outcome outcome) {
    if (!isPrimary()) {
      outcome.refused("this node is not primary");
    } else {
      destager.flush(outcome);
      requestEndTurn();
    }
  }

  /**
   * Emergency mode: whether committed writes go to the log at once, and are acknowledged only when
   * they are there; the peer is told.
   */
  public void emergency(boolean on, Outcome outcome) {
    emergency.set(on, outcome);
  }

  /**
   * Takes one of several shelves, counted from 0, out of use until {@link #restoreShelf}; on the
   * primary it is stale from then on.
   */
  public void failShelf(int shelf, Outcome outcome) {
    shelfKeeper.fail(shelf, outcome);
  }

  /** Lets a shelf be used again: it is filled with what it missed, with everything when new. */
  public void restoreShelf(int shelf, Outcome outcome) {
    shelfKeeper.restore(shelf, outcome);
  }

  /**
   * Takes a new, empty medium in the place of a shelf that is not live: gives it the label, and
   * fills it.
   *
   * @param force also when it holds something
   */
  public void replaceShelf(int shelf, boolean force, Outcome outcome) {
    shelfKeeper.replace(shelf, force, outcome);
  }

  /** Ends in order before the process exits: a primary as by {@link #demote}. */
  public void stop(Outcome outcome) {
    if (isPrimary()) {
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
    return roles.isPrimary();
  }

  @Override
  public String refusal() {
    if (view() == null) {
      return config.resource() + ": the backing has not been read yet";
    }
    return view().primary() == View.NO_NODE || view().primary() == config.node()
        ? config.resource() + " has no primary"
        : "primary of " + config.resource() + " is " + config.nodeNames().get(view().primary());
  }

  @Override
  public void submit(BlockRequest request) {
    if (isPrimary()) {
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
    return starting.isIdentified();
  }

  /** Whether anything of this process's primacy is under way on the backing. */
  boolean isWritingToBacking() {
    return log.isWriting()
        || checkpointer.isWriting()
        || shelves.isWriting()
        || shelves.mayWriteLate();
  }

  ReplicaConfig config() {
    return config;
  }

  Set<Rule> rules() {
    return rules;
  }

  View view() {
    return views.view();
  }

  View memberView() {
    return views.memberView();
  }

  long incarnation() {
    return views.incarnation();
  }

  long number() {
    return views.number();
  }

  long advanceNumber() {
    return views.advanceNumber();
  }

  long now() {
    return now;
  }

  /** When the last turn ended; finer than {@link #now}, and for the pace of a resync only. */
  long turnNanos() {
    return turnNanos;
  }

  /** Reads and writes taken in since the process started. */
  long clientRequests() {
    return primaryPart.requests();
  }

  /** How many of these are not answered yet. */
  int requestsUnderWay() {
    return primaryPart.requestsUnderWay();
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

  boolean isProposing() {
    return views.isProposing();
  }

  boolean isPromoting() {
    return promotion.isUnderWay();
  }

  boolean isChanging() {
    return views.isChanging();
  }

  /** Between a mark and its outcome (rule 2): nothing is acknowledged, confirmed or committed. */
  boolean isFrozen() {
    return isChanging() || slots.own() == null || slots.own().mark() > view().number();
  }

  /** Whether writes may be committed, applied and confirmed, and reads answered. */
  boolean mayAct() {
    return !isFrozen() || !rules.contains(Rule.FREEZE_AFTER_MARK);
  }

  /** Whether the view has two members. */
  boolean isPair() {
    return view().members() == 3;
  }

  /** Whether this RAM content is a member of the view. */
  boolean isMember() {
    return view().isMember(config.node()) && view().incarnation(config.node()) == incarnation();
  }

  /** Whether requests are held because the primary is about to give its role up. */
  boolean holdsRequests() {
    return handover.holdsRequests();
  }

  /** Whether writes wait for a checkpoint, because the view has changed too often. */
  boolean needsCheckpoint() {
    return views.needsCheckpoint();
  }

  /** Whether the backing alone can rebuild the device. */
  boolean isComplete() {
    return isPrimary() && !isPair() && destager.isFirstBatchDone();
  }

  boolean isPopulated() {
    return destager.isSurveyed() && loader.isDone();
  }

  boolean isLogLoaded() {
    return destager.isLogLoaded();
  }

  /** Alone, a taker answers only when its view is complete (rule 5). */
  boolean mayAnswerAlone() {
    return destager.isSurveyed() && (destager.isFirstBatchDone() || !roles.isTaker());
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

  List<Layout.Span> peerRing() {
    return destager.peerRing();
  }

  boolean isLogComplete() {
    return destager.isLogComplete();
  }

  /**
   * Whether no I/O of the primary before this one can be under way on the backing any more, nor of
   * an earlier primacy of this process.
   */
  boolean isPredecessorGone() {
    return (isPeerDrained() || shelves.fence().isPeerGone()) && isOwnPastGone();
  }

  /** The same of a shelf that nothing has been written to so far. */
  boolean isPredecessorGone(int shelf) {
    return (isPeerDrained() || shelves.fence().isPeerGone(shelf)) && isOwnPastGone();
  }

  private boolean isOwnPastGone() {
    return !shelves.isWritingSinceBefore(primarySinceView());
  }

  /** Whether the peer has said that none of its earlier I/O is under way. */
  boolean isPeerDrained() {
    return links.peerDrainedView() >= primarySinceView();
  }

  /** The view in which this node became primary last; 0 when it has not been. */
  long primarySinceView() {
    return roles == null ? 0 : roles.primarySinceView();
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
    timers.add(now + delayNanos, action);
  }

  void event(String kind, String from, String to, String detail) {
    effects.event(new ReplicaEvent(kind, from, to, detail));
  }

  void panic(String what) {
    effects.panic(config.resource() + ": " + what);
  }

  /** What this node's RAM is worth. */
  Copy copy() {
    if (view() == null || !views.hasContent()) {
      return Copy.INCONSISTENT;
    }
    return isMember() ? Copy.UP_TO_DATE : Copy.OUTDATED;
  }

  /** A picture for status and metrics. */
  public ReplicaReport report() {
    return Reports.of(this, destager, log, checkpointer, loader, table, primaryPart);
  }

  ReplicaReport.SyncProgress syncProgress() {
    return isPrimary() ? syncSource.progress() : secondary.progress();
  }

  ReplicaReport.SyncCounters syncCounters() {
    return secondary.counters().plus(syncSource.counters());
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

  /** First ring position that is in use. */
  long ringTail() {
    return log.tail();
  }

  ReplicaReport.VerifyState verifyState() {
    return verify.report();
  }

  void verifyAnswered(Link from, PeerControl.VerifyAnswer answer) {
    verify.answered(from, answer);
  }

  long viewChanges() {
    return views.viewChanges();
  }
}
