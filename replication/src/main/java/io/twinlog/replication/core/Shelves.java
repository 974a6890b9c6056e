package io.twinlog.replication.core;

import io.twinlog.blockdev.log.CopyTrust;
import io.twinlog.blockdev.log.LiveShelves;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.log.Stagger;
import io.twinlog.blockdev.log.View;
import io.twinlog.blockdev.shelf.IoBuffers;
import io.twinlog.blockdev.shelf.IoChain;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Completion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The shelves as the parts of the core see them: one, with the offsets of the layout (design,
 * section 4, "Staggered shelves"). A chain is cut into phases ({@link ShelfChain}); what it means
 * that a phase is done depends on where it goes:
 *
 * <ul>
 *   <li><em>Slots</em> are written to and read from every shelf, live or not, and done when a
 *       majority of all shelves has answered ({@link SlotQuorum}). Of several answers each node's
 *       highest sequence counts. Two majorities have a shelf in common; so of two nodes that each
 *       write and then read, one sees the other, which is all that views, marks and Disk Paxos ask
 *       for. A shelf that shows an older record than this node wrote there has been exchanged and
 *       is no answer.
 *   <li><em>Chunks</em> (data area and rings) are written to both copies that are on live shelves,
 *       and read from one of them, from the other where that fails.
 *   <li><em>Checkpoint records and bitmaps</em> are written to every live shelf and read from all;
 *       each node's newest counts.
 * </ul>
 *
 * <p><em>Live</em> is what the view says, as its primary has changed it since: a primary that loses
 * a shelf records in its slot that it is stale, on a majority, reads the slots after that, and only
 * when nobody has marked a later view goes on without it. Until then every chain that needs the
 * shelf fails and is tried again by whoever submitted it. A taker marks, reads that slot, and so
 * either knows that the shelf is stale, or the primary has seen the mark and nothing was completed
 * without it. The same holds the other way round for a shelf that becomes live ({@link ShelfFill}).
 *
 * <p>No repair is needed after a crash: what may differ between two copies is in a batch that
 * counts with a cut at or above the checkpoint, which a primary writes in place again, or is the
 * end of a ring's last batch, which nobody builds upon ({@link LastPiece}).
 *
 * <p>With one shelf a chain passes as it is.
 */
final class Shelves implements Effects {
  private static final long REOPEN_NANOS = 1_000_000_000;

  /** A node that was away longer between two ticks was paused. */
  private static final long MOST_AWAKE_NANOS = 200_000_000;

  private final Replica replica;
  private final Effects effects;
  private final Stagger stagger;
  private final SlotQuorum quorum;
  private final CopyTrust trust;
  private final MissedMarks marks;
  private final Fence fence;

  /** Shelves that are read from. */
  private int live;

  /** Shelves without which nothing written is complete: the live ones, and one about to be. */
  private int required;

  /** A stale shelf that takes all that is written, on its way to become live; or none. */
  private int filling;

  /** Required shelves that have failed: nothing goes to them before they were stale. */
  private int failed;

  /** Shelves whose last operation failed. */
  private int down;

  /** Shelves that do not hold what this node wrote there. */
  private int exchanged;

  /** What is recorded of the media of all shelves ({@link LiveShelves}), once that is known. */
  private int media;

  private boolean areMediaKnown;

  /** Shelves of which another medium is open than is recorded. */
  private int other;

  /** Shelves that an operator has taken out of use. */
  private int held;

  private long lastReopenNanos;
  private long lastTickNanos;
  private final LentBuffers buffers;
  private final ShelfWork[] work;

  /** Shelves that are being opened, and of these the ones that are being labelled. */
  private int opening;

  private int labelling;

  /** Commands about reservations under way. */
  private final int[] reserving;

  /** Writes that wait until the shelf may be written to ({@link Fence}). */
  private final int[] waiting;

  private final String[] errors;

  Shelves(Replica replica, Effects effects) {
    this.replica = replica;
    this.effects = effects;
    this.fence = new Fence(replica, this);
    this.stagger = replica.config().stagger();
    this.live = stagger.all();
    this.required = stagger.all();
    this.quorum = new SlotQuorum(this, replica);
    this.trust = new CopyTrust(stagger);
    this.marks = new MissedMarks(this, stagger, replica);
    this.errors = new String[stagger.shelves()];
    this.buffers = new LentBuffers(effects);
    this.waiting = new int[stagger.shelves()];
    this.reserving = new int[stagger.shelves()];
    this.work = new ShelfWork[stagger.shelves()];
    for (int i = 0; i < work.length; i++) {
      int shelf = i;
      work[i] =
          new ShelfWork(buffers, replica.config().deadlineNanos(i), () -> answersAgain(shelf));
    }
  }

  Stagger stagger() {
    return stagger;
  }

  boolean isSingle() {
    return stagger.isSingle();
  }

  CopyTrust trust() {
    return trust;
  }

  MissedMarks marks() {
    return marks;
  }

  SlotQuorum quorum() {
    return quorum;
  }

  Fence fence() {
    return fence;
  }

  int live() {
    return live;
  }

  /** Live shelves that are what they are recorded to be. */
  int readable() {
    return live & ~exchanged & ~other;
  }

  /** What the slot is to say of the shelves. */
  int said() {
    return required | media;
  }

  /** Required shelves that cannot take part as they are. */
  int unfit() {
    return required & (failed | exchanged | other);
  }

  int required() {
    return required;
  }

  /** Where what is written goes. */
  int written() {
    return required | filling;
  }

  int filling() {
    return filling;
  }

  int failed() {
    return failed;
  }

  int down() {
    return down;
  }

  /** What went wrong last with the shelf, or empty. */
  String error(int shelf) {
    if (isHanging(shelf)) {
      return stillWaits(shelf);
    }
    return errors[shelf] == null ? "" : errors[shelf];
  }

  boolean isUnderWay(int shelf) {
    return work[shelf].isUnderWay() || reserving[shelf] > 0 || (opening & 1 << shelf) != 0;
  }

  /** Whether something was given up there, and has not returned since. */
  boolean isHanging(int shelf) {
    return work[shelf].isHanging();
  }

  private String stillWaits(int shelf) {
    return "still waits for "
        + work[shelf].hanging()
        + ": the storage behind it does not answer; it is used again by itself when that returns";
  }

  boolean isPrimary() {
    return replica.isPrimary();
  }

  // ---- Which shelves are live ----

  /** What a reading of the slots, made after a mark, says of the shelves of the present view. */
  void trustReading(Slots.Reading reading) {
    View view = replica.view();
    SlotRecord primary = null;
    if (view.primary() != View.NO_NODE) {
      primary = view.primary() == replica.config().node() ? reading.own() : reading.peer();
    }
    boolean said = primary != null && primary.chosen().number() == view.number();
    setLive(said ? primary.chosen().liveShelves() : view.liveShelves());
  }

  /** Another view: its shelves are live, as far as anybody knows. */
  void viewChanged(View view, boolean staysPrimary) {
    setLive(view.liveShelves());
    filling = 0;
    if (!staysPrimary) {
      failed = 0;
      marks.begin(isDegraded());
    }
  }

  private void setLive(int said) {
    if (!isSingle()) {
      live = LiveShelves.set(said) & stagger.all();
      required = live;
      media = LiveShelves.media(said);
      areMediaKnown = true;
      judgeMedia();
    }
  }

  /** Before anything has been read no shelf is the wrong one, nor opened again for that. */
  private void judgeMedia() {
    boolean known = areMediaKnown && replica.rules().contains(Rule.KNOW_MEDIUM);
    other = known ? LiveShelves.others(media, stagger.shelves(), effects::shelfMedium) : 0;
  }

  /** Stale shelves that can be used, if only as another medium than is recorded. */
  int toAdopt() {
    return other & ~exchanged & ~required & ~down & ~held & stagger.all();
  }

  /** What is to be recorded so that the shelf is the medium that is open. */
  int saidOfOpen(int shelf) {
    return LiveShelves.withMedium(said(), shelf, effects.shelfMedium(shelf));
  }

  /** It is recorded. */
  void recordedMedia(int said) {
    media = LiveShelves.media(said);
    judgeMedia();
  }

  /** Whether the required shelves that are what they should be have everything without this one. */
  boolean areEnoughWithout(int shelf) {
    return stagger.covers(required & ~(1 << shelf) & ~exchanged & ~other);
  }

  /**
   * Whether the slots can be read when the shelf has gone for good. A new medium shows what a node
   * has said only when that node has written its slot there; a dead one does not.
   */
  boolean areSlotsReadableWithout(int shelf) {
    return quorum.isReadable(stagger.all() & ~(1 << shelf) & ~held & ~exchanged & ~other)
        || !replica.rules().contains(Rule.SLOTS_OUTLIVE_SHELF);
  }

  /** Whether any shelf is stale. */
  boolean isDegraded() {
    return required != stagger.all();
  }

  /** The shelf is recorded stale: nothing waits for it any more. */
  void recordedStale(int shelf) {
    live &= ~(1 << shelf);
    required &= ~(1 << shelf);
    failed &= ~(1 << shelf);
    for (int last = 0; last < stagger.shelves(); last++) {
      if (!areEnoughWithout(last)) {
        failed &= ~(1 << last);
      }
    }
    marks.lost();
  }

  /** The failed shelf cannot be gone on without: it is tried again as a single shelf is. */
  void tryAgain(int shelf) {
    failed &= ~(1 << shelf);
  }

  /** The shelf takes all that is written from now on. */
  void beginFilling(int shelf) {
    filling = 1 << shelf;
    trust.distrustRings(shelf);
  }

  /** The shelf has not missed anything since it was filled: nothing completes without it. */
  void require(int shelf) {
    filling = 0;
    required |= 1 << shelf;
  }

  /** The shelf is recorded live. */
  void recordedLive(int shelf) {
    live |= 1 << shelf;
    if (!isDegraded()) {
      marks.forget();
    }
  }

  void endFilling() {
    filling = 0;
  }

  /** An operator takes a shelf out of use that is not the last with some chunk. */
  void hold(int shelf) {
    int bit = 1 << shelf;
    held |= bit;
    errors[shelf] = "taken out of use by the operator";
    failed |= required & bit;
    filling &= ~bit;
  }

  /** An operator lets a shelf be used again. */
  void release(int shelf) {
    held &= ~(1 << shelf);
  }

  // ---- Single shelves ----

  /**
   * Submits steps to one shelf, and learns from the outcome how the shelf is. One that hangs is not
   * asked.
   *
   * @param judge makes an error of an answer that is none; given and gives null for success
   * @param then told the outcome; a {@link GivenUpException} when there is none yet
   * @param returned told, after that, when the shelf has done with the steps and their buffers
   */
  void submitTo(
      int shelf,
      IoChain like,
      List<IoChain.Step> steps,
      UnaryOperator<IOException> judge,
      Consumer<IOException> then,
      Runnable returned) {
    submitTo(shelf, like, steps, false, judge, then, returned);
  }

  private void submitTo(
      int shelf,
      IoChain like,
      List<IoChain.Step> steps,
      boolean writes,
      UnaryOperator<IOException> judge,
      Consumer<IOException> then,
      Runnable returned) {
    if (isHanging(shelf)) {
      failSoon(
          new IOException(name(shelf) + " " + stillWaits(shelf)),
          error -> {
            noteFailure(shelf, error);
            then.accept(error);
            returned.run();
          });
      return;
    }
    IoChain chain =
        work[shelf].begin(
            like,
            writes,
            replica.primarySinceView(),
            error -> {
              if (error instanceof GivenUpException) {
                then.accept(error);
                return;
              }
              IOException judged = judge.apply(error);
              if (judged == null) {
                noteSuccess(shelf);
              } else if (!fence.noteRefusal(shelf, judged)) {
                noteFailure(shelf, judged);
              }
              then.accept(judged);
            },
            returned);
    chain.steps().addAll(steps);
    effects.submit(shelf, chain);
  }

  /**
   * As {@link #submitTo}, of steps that read anything but slots: then it is seen that the shelf is
   * still what it was ({@link ShelfEvidence}).
   */
  void readFrom(int shelf, IoChain like, List<IoChain.Step> steps, Consumer<IOException> then) {
    ShelfEvidence.Look look = quorum.evidence(shelf).look();
    steps.add(look.read());
    submitTo(shelf, like, steps, look::judge, then, look::close);
  }

  /**
   * As {@link #submitTo}, of steps that write anything but slots: {@link #isWriting} until they
   * have returned.
   */
  void writeTo(int shelf, IoChain like, List<IoChain.Step> steps, Consumer<IOException> then) {
    waiting[shelf]++;
    fence.begin(
        shelf,
        refusal -> {
          waiting[shelf]--;
          if (refusal != null) {
            then.accept(refusal);
            return;
          }
          submitTo(shelf, like, steps, true, error -> error, then, () -> fence.ended(shelf));
        });
  }

  /** Whether anything but slots may still land on the shelf. */
  boolean isWriting(int shelf) {
    return work[shelf].isWriting() || (labelling & 1 << shelf) != 0 || waiting[shelf] > 0;
  }

  /** Whether anything may on any shelf; of a single one only what has been reported. */
  boolean isWriting() {
    for (int shelf = 0; shelf < work.length; shelf++) {
      if (isWriting(shelf)) {
        return true;
      }
    }
    return false;
  }

  /** Whether anything may still land that an earlier primacy of this process has given up. */
  boolean isWritingSinceBefore(long view) {
    for (ShelfWork one : work) {
      if (one.isWritingSinceBefore(view)) {
        return true;
      }
    }
    return false;
  }

  /** For how long a single shelf has not got on with what it was asked for. */
  long silentNanos() {
    return isSingle() ? work[0].silentNanos() : 0;
  }

  private void answersAgain(int shelf) {
    replica.event(
        "shelf", "hanging", "returned", name(shelf) + ": nothing that was given up is under way");
    replica.requestEndTurn();
  }

  private void giveUp(int shelf) {
    GivenUpException error =
        new GivenUpException(
            name(shelf)
                + " has not got on with "
                + work[shelf].hanging()
                + ", by its deadline: the storage behind it does not answer");
    noteFailure(shelf, error);
    work[shelf].giveUp(error);
    if (!replica.rules().contains(Rule.GIVEN_UP_IS_UNDER_WAY)) {
      work[shelf].forget();
    }
    replica.requestEndTurn();
  }

  /** A buffer as chains want it, for something rare. */
  ByteBuffer newBuffer(int bytes) {
    return new IoBuffers(1, bytes).acquire(bytes);
  }

  private void noteSuccess(int shelf) {
    if ((down & 1 << shelf) != 0) {
      down &= ~(1 << shelf);
      errors[shelf] = null;
      replica.event("shelf", "unreachable", "reachable", name(shelf));
    }
  }

  private void noteFailure(int shelf, IOException error) {
    int bit = 1 << shelf;
    if ((down & bit) == 0) {
      down |= bit;
      replica.event("shelf", "reachable", "unreachable", name(shelf) + ": " + error.getMessage());
    }
    errors[shelf] = String.valueOf(error.getMessage());
    // The last copy of a chunk cannot be gone on without: it is tried again as a single shelf is.
    if (replica.isPrimary() && (required & bit) != 0 && areEnoughWithout(shelf)) {
      failed |= bit;
    }
    if ((filling & bit) != 0) {
      filling = 0;
    }
  }

  /** How events call a shelf; operators count from 1, as the configuration lists them. */
  static String name(int shelf) {
    return "shelf " + (shelf + 1);
  }

  /** The shelf shows less than this node wrote there: it is another one, or an old copy. */
  IOException noteExchanged(int shelf) {
    exchanged |= 1 << shelf;
    return new IOException(
        name(shelf)
            + " does not hold what this node wrote to it: it was emptied, exchanged or rolled"
            + " back");
  }

  /** Whether an operator has taken the shelf out of use. */
  boolean isHeld(int shelf) {
    return (held & 1 << shelf) != 0;
  }

  boolean isExchanged(int shelf) {
    return (exchanged & 1 << shelf) != 0;
  }

  /** Whether the shelf is not what it is recorded to be. */
  boolean isUnknown(int shelf) {
    return ((exchanged | other) & 1 << shelf) != 0;
  }

  /** Now and then looks whether the shelves are what they were, and has failed ones opened anew. */
  void tick() {
    passTime();
    if (isSingle() || replica.now() - lastReopenNanos < REOPEN_NANOS) {
      return;
    }
    lastReopenNanos = replica.now();
    for (int shelf = 0; shelf < stagger.shelves(); shelf++) {
      int bit = 1 << shelf;
      boolean needed = replica.isPrimary() && (required & ~failed & bit) != 0;
      boolean lost = !needed && (down & bit) != 0;
      if ((lost || isUnknown(shelf)) && !isUnderWay(shelf)) {
        reopen(shelf);
      }
    }
    if (replica.isPrimary() || replica.view() == null) {
      quorum.look();
    } else {
      replica.readShelves();
    }
  }

  private void passTime() {
    long passed = replica.now() - lastTickNanos;
    lastTickNanos = replica.now();
    for (int shelf = 0; shelf < work.length; shelf++) {
      work[shelf].passTime(Math.max(0, Math.min(passed, MOST_AWAKE_NANOS)));
      if (work[shelf].isOverdue()) {
        giveUp(shelf);
      }
    }
  }

  private void reopen(int shelf) {
    int before = effects.shelfMedium(shelf);
    opening |= 1 << shelf;
    effects.reopenShelf(
        shelf,
        error -> {
          opening &= ~(1 << shelf);
          boolean same = effects.shelfMedium(shelf) == before;
          if (error != null) {
            errors[shelf] = String.valueOf(error.getMessage());
          } else if (!same) {
            renewed(shelf);
          }
          fence.reopened(shelf);
          if (error == null && same && isExchanged(shelf)) {
            lookWhetherBack(shelf);
          } else {
            opened(shelf, error);
          }
        });
  }

  /** A medium that was away may be in its place again, with all that this node wrote to it. */
  private void lookWhetherBack(int shelf) {
    ShelfEvidence.Look look = quorum.evidence(shelf).look();
    submitTo(
        shelf,
        new IoChain("look at a shelf", IoChain.Lane.SLOT, error -> {}),
        List.of(look.read()),
        error -> error,
        error -> {
          IOException other = error == null ? look.judge(null) : null;
          if (other != null) {
            errors[shelf] = other.getMessage();
          } else if (error == null) {
            exchanged &= ~(1 << shelf);
          }
          opened(shelf, error);
        },
        look::close);
  }

  private void opened(int shelf, IOException error) {
    judgeMedia();
    if (isUnknown(shelf)) {
      stillUnknown(shelf, error);
    }
  }

  private void stillUnknown(int shelf, IOException error) {
    boolean rolledBack = (exchanged & 1 << shelf) != 0;
    if (replica.isPrimary() && (required & ~failed & 1 << shelf) != 0) {
      noteFailure(
          shelf,
          error != null
              ? error
              : new IOException(
                  name(shelf)
                      + (rolledBack
                          ? " is older than what this node wrote to it"
                          : " is another medium than the one that was last in use")));
    } else if (error == null && rolledBack && replica.isPrimary() && !isHeld(shelf)) {
      if (areSlotsReadableWithout(shelf)) {
        label(shelf, false, e -> {});
      } else {
        errors[shelf] = slotsMissingWithout(shelf);
      }
    }
  }

  /** Why a shelf must not go for good: see {@link #areSlotsReadableWithout}. */
  static String slotsMissingWithout(int shelf) {
    return "the other shelves do not show what both nodes have said, so without %s nobody could be"
            .formatted(name(shelf))
        + " promoted: let both nodes run until they have written to them, and try again";
  }

  /** Gives the medium in the place of a shelf that nobody counts on a label as a new one. */
  void label(int shelf, boolean force, Consumer<IOException> then) {
    int next = LiveShelves.mediumAfter(LiveShelves.medium(media, shelf));
    if (next == effects.shelfMedium(shelf)) {
      next = LiveShelves.mediumAfter(next);
    }
    opening |= 1 << shelf;
    labelling |= 1 << shelf;
    fence.began(shelf);
    effects.replaceShelf(
        shelf,
        next,
        force,
        error -> {
          opening &= ~(1 << shelf);
          labelling &= ~(1 << shelf);
          fence.ended(shelf);
          if (error != null) {
            errors[shelf] = String.valueOf(error.getMessage());
          } else {
            renewed(shelf);
            release(shelf);
          }
          fence.reopened(shelf);
          judgeMedia();
          then.accept(error);
        });
  }

  /** The shelf is a medium that this node has written nothing to. */
  private void renewed(int shelf) {
    exchanged &= ~(1 << shelf);
    quorum.renewed(shelf);
  }

  /** What cannot even be begun fails soon, and not inside the call that began it. */
  void failSoon(IOException error, Consumer<IOException> then) {
    replica.after(0, () -> then.accept(error));
  }

  // ---- Effects ----

  @Override
  public void submit(IoChain chain) {
    if (isSingle()) {
      fence.submit(chain);
    } else {
      new ShelfChain(this, chain, ShelfChain.ANY_COPY, 0).begin();
    }
  }

  /** As {@link #submit}, of reads from this copy of each chunk, 0 or 1, where it can be read. */
  void submitTo(int copy, IoChain chain) {
    if (isSingle()) {
      fence.submit(chain);
    } else {
      new ShelfChain(this, chain, copy, 0).begin();
    }
  }

  /** As {@link #submit} on several shelves, of reads of chunks from any shelf but this one. */
  void submitWithout(int shelf, IoChain chain) {
    new ShelfChain(this, chain, ShelfChain.ANY_COPY, 1 << shelf).begin();
  }

  /** Carries a chain out on the only shelf. */
  void submitToOnly(IoChain chain) {
    IoChain watched = work[0].begin(chain, false, 0, chain::complete, () -> {});
    watched.steps().addAll(chain.steps());
    effects.submit(watched);
  }

  @Override
  public void submit(int shelf, IoChain chain) {
    effects.submit(shelf, chain);
  }

  @Override
  public void reopenShelf(int shelf, Consumer<IOException> then) {
    effects.reopenShelf(shelf, then);
  }

  @Override
  public void replaceShelf(int shelf, int medium, boolean force, Consumer<IOException> then) {
    effects.replaceShelf(shelf, medium, force, then);
  }

  @Override
  public void reserve(int shelf, Command command, Completion then) {
    reserving[shelf]++;
    effects.reserve(
        shelf,
        command,
        (error, holders) -> {
          reserving[shelf]--;
          then.done(error, holders);
        });
  }

  @Override
  public boolean mayWriteLate() {
    return effects.mayWriteLate();
  }

  @Override
  public int shelfMedium(int shelf) {
    return effects.shelfMedium(shelf);
  }

  @Override
  public ByteBuffer acquireBuffer(int bytes) {
    return isSingle() ? effects.acquireBuffer(bytes) : buffers.acquire(bytes);
  }

  @Override
  public void releaseBuffer(ByteBuffer buffer) {
    if (isSingle()) {
      effects.releaseBuffer(buffer);
    } else {
      buffers.release(buffer);
    }
  }

  @Override
  public long freshIdentity() {
    return effects.freshIdentity();
  }

  @Override
  public long wallClockMillis() {
    return effects.wallClockMillis();
  }

  @Override
  public void leftPrimary() {
    effects.leftPrimary();
  }

  @Override
  public void becamePrimary() {
    effects.becamePrimary();
  }

  @Override
  public void event(ReplicaEvent event) {
    effects.event(event);
  }

  @Override
  public void requestEndTurn() {
    effects.requestEndTurn();
  }

  @Override
  public void panic(String what) {
    effects.panic(what);
  }
}
