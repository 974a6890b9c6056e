package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Config;
import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import io.twinlog.blockdev.shelf.ShelfReservedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Carries chains out on one AoE target: cuts steps into frames, keeps as many under way as target
 * and network bear, sends again what is not answered. Without threads, sockets or clocks: frames
 * and times go in, frames come out.
 *
 * <p>A frame has 2 sectors at an MTU of 1500 bytes and 16 at 9000. Chains of one lane begin in
 * order, up to {@link WorkQueue#ACTIVE_PER_LANE} at once; slots go first.
 */
final class Initiator {

  /** How often a target may refuse a frame as too big or wrong before that is an error. */
  private static final int MOST_REFUSALS = 3;

  private final String name;
  private final AoeAddress address;
  private final long deadlineNanos;
  private final FrameSink sink;
  private final InitiatorEvents events;
  private final Copies copies;
  private final Paths paths;
  private final Reserving reserving;
  private final WorkQueue queue = new WorkQueue();

  /** Pieces sent at least once and not done; those without a path wait to be sent again. */
  private final List<Piece> begun = new ArrayList<>();

  private final ByteBuffer scratch = ByteBuffer.allocate(AoeHeader.SHORTEST_FRAME_BYTES);
  private long heardAt;
  private boolean silent;

  /** Answers that were none to anything asked, or came from elsewhere. */
  private long ignoredFrames;

  private long repeatedFrames;

  /**
   * Makes one that knows nothing of its target yet.
   *
   * @param deadlineNanos after this time without an answer a chain fails
   * @param firstTag random
   */
  Initiator(
      String name,
      AoeAddress address,
      List<Port> ports,
      long deadlineNanos,
      int firstTag,
      FrameSink sink,
      InitiatorEvents events) {
    this.name = name;
    this.address = address;
    this.deadlineNanos = deadlineNanos;
    this.sink = sink;
    this.events = events;
    this.copies = new Copies(firstTag);
    this.paths = new Paths(name, address, ports, copies, sink, events);
    this.reserving =
        new Reserving(name, address, ports, copies, paths, deadlineNanos, sink, events);
  }

  /** Takes a chain over, whose ranges are inside the target; the target has been found. */
  void submit(Work work) {
    if (work.advance(paths.identity().flush())) {
      queue.add(work);
    } else {
      events.ended(work, null);
    }
  }

  /** Takes a request about the target's reservation over. */
  void reserve(Reserving.Request request) {
    reserving.submit(request);
  }

  boolean isIdle() {
    return queue.isEmpty();
  }

  /** Every request about the reservation that has not ended; none of them goes on. */
  List<Reserving.Request> unfinishedReserving() {
    return reserving.unfinished();
  }

  /** Whether a copy of a write that nobody waits for may still reach the target. */
  boolean hasLateWrites() {
    return copies.lingersOutsideSlots();
  }

  /** Every chain that has not ended. */
  List<Work> unfinished() {
    return queue.all();
  }

  long ignoredFrames() {
    return ignoredFrames;
  }

  long repeatedFrames() {
    return repeatedFrames;
  }

  int lingeringCopies() {
    return copies.lingering();
  }

  /** A frame came. */
  void received(Port port, ByteBuffer bytes, long now) {
    AoeFrame frame;
    try {
      frame = AoeFrame.decode(bytes);
    } catch (MalformedFrameException e) {
      ignoredFrames++;
      return;
    }
    AoeHeader header = frame.header();
    if (!header.response() || !header.address().equals(address)) {
      ignoredFrames++;
    } else if (frame.message() instanceof Config config) {
      paths.configured(port, header, config, now);
    } else if (frame.message() instanceof Ata ata && header.destination().equals(port.address)) {
      answered(paths.find(port, header.source()), header, ata, now);
    } else if (frame.message() instanceof Reserve list
        && header.destination().equals(port.address)
        && reserving.answered(paths.find(port, header.source()), header, list, now)) {
      noteHeard(now);
    } else {
      ignoredFrames++;
    }
  }

  private void answered(TargetPath path, AoeHeader header, Ata answer, long now) {
    if (path == null) {
      ignoredFrames++;
      return;
    }
    if (paths.identified(path, header, answer)) {
      return;
    }
    Copies.Copy copy = copies.find(header.tag(), path);
    if (copy == null || !isWhole(copy, header, answer)) {
      ignoredFrames++;
      return;
    }
    copies.answered(copy);
    noteHeard(now);
    path.answered(now - copy.sentAt, copy.sectors);
    Piece piece = copy.piece;
    if (piece == null || piece.done) {
      return;
    }
    if (header.error() != null) {
      refused(piece, path, header.error(), now);
    } else if ((answer.operation() & Ata.STATUS_FAILED) != 0) {
      fail(piece.work, failure(piece, "the target says " + registers(answer)));
    } else {
      carriedOut(piece, answer);
    }
  }

  /** Whether a read's answer has the data; one cut short is as good as lost. */
  private static boolean isWhole(Copies.Copy copy, AoeHeader header, Ata answer) {
    return copy.write
        || header.error() != null
        || (answer.operation() & Ata.STATUS_FAILED) != 0
        || answer.data().remaining() >= copy.sectors * Ata.SECTOR_BYTES;
  }

  private void carriedOut(Piece piece, Ata answer) {
    if (piece.operation == Ata.READ_EXTENDED) {
      ByteBuffer data = answer.data();
      piece.buffer.put(piece.position, data, data.position(), piece.sectors * Ata.SECTOR_BYTES);
    }
    end(piece);
    Work work = piece.work;
    if (!work.advance(paths.identity().flush())) {
      queue.remove(work);
      events.ended(work, null);
    }
  }

  /** The piece needs nothing more. */
  private void end(Piece piece) {
    leavePath(piece);
    piece.done = true;
    piece.work.outstanding--;
    begun.remove(piece);
    piece.work.again.remove(piece);
    copies.ended(piece);
  }

  private static void leavePath(Piece piece) {
    if (piece.path != null) {
      piece.path.inFlight--;
      piece.path = null;
    }
  }

  private void refused(Piece piece, TargetPath path, AoeError error, long now) {
    piece.refusals++;
    boolean mayBeTooBig =
        error == AoeError.BAD_ARGUMENT && piece.sectors > TargetPath.SMALL_SECTORS;
    if (mayBeTooBig && piece.refusals <= MOST_REFUSALS) {
      // It takes less than it said, since an MTU has changed.
      path.limitToSmall(now);
      paths.queryNow(path.port, now);
      if (piece.path != null) {
        sendAgain(piece);
      }
    } else if (error == AoeError.RESERVED) {
      fail(piece.work, new ShelfReservedException(text(piece, "the target says: " + error.text())));
    } else if (error != AoeError.DEVICE_UNAVAILABLE) {
      fail(piece.work, failure(piece, "the target says: " + error.text()));
    }
  }

  private void sendAgain(Piece piece) {
    leavePath(piece);
    piece.work.again.add(piece);
  }

  private void fail(Work work, IOException error) {
    for (Piece piece : List.copyOf(begun)) {
      if (piece.work == work) {
        end(piece);
      }
    }
    queue.remove(work);
    events.ended(work, error);
  }

  private void noteHeard(long now) {
    heardAt = now;
    if (silent) {
      silent = false;
      events.notice(name + ": the target answers again");
    }
  }

  private void noteSilence() {
    if (!silent) {
      silent = true;
      events.notice(name + ": the target has not answered for " + seconds(deadlineNanos));
    }
  }

  /** Does what is due, and sends what can be sent. */
  void tick(long now) {
    copies.expire(now);
    paths.tick(now);
    reserving.tick(now);
    if (!queue.isEmpty()) {
      timeOut(now);
      expire(now);
      send(now);
    }
  }

  /** When {@link #tick} should be called next at the latest, in nanoseconds from now. */
  long nextTickNanos(long now) {
    long next = queue.isEmpty() && paths.identity() != null ? 250_000_000L : 50_000_000L;
    next = Math.min(next, reserving.nextTickNanos(now));
    for (Piece piece : begun) {
      if (piece.path != null) {
        next = Math.min(next, piece.sendAgainAt - now);
      }
    }
    return Math.max(0, next);
  }

  private void timeOut(long now) {
    for (Piece piece : begun) {
      TargetPath path = piece.path;
      if (path != null && now - piece.sendAgainAt >= 0) {
        if (piece.sectors > TargetPath.SMALL_SECTORS && path.lostBigFrame(piece.lastSentAt, now)) {
          events.notice(
              name
                  + ": frames of "
                  + piece.sectors
                  + " sectors do not reach "
                  + path
                  + ", though small ones do: is the MTU of a switch too small?");
        }
        path.timedOut(now);
        paths.queryNow(path.port, now);
        sendAgain(piece);
      }
    }
  }

  private void expire(long now) {
    for (Piece piece : List.copyOf(begun)) {
      if (!piece.done && now - piece.firstSentAt >= deadlineNanos) {
        noteSilence();
        fail(piece.work, failure(piece, "no answer for " + seconds(now - piece.firstSentAt)));
      }
    }
    if (now - heardAt >= deadlineNanos) {
      for (Work work : queue.all()) {
        if (now - work.submittedAt >= deadlineNanos) {
          noteSilence();
          fail(
              work,
              new IOException(
                  work.chain.name()
                      + " failed on shelf "
                      + name
                      + ": the target has not answered for "
                      + seconds(deadlineNanos)));
        }
      }
    }
  }

  private void send(long now) {
    for (TargetPath path = paths.free(); path != null; path = paths.free()) {
      Piece piece = next(path.sectors());
      if (piece == null) {
        return;
      }
      send(piece, path, now);
    }
  }

  /** What to send next: slots before the rest, what is sent again before what is new. */
  private Piece next(int sectors) {
    for (Work work : queue.inTurn()) {
      if (!work.again.isEmpty()) {
        return again(work, sectors);
      }
      if (work.hasMore()) {
        Piece piece = work.peek(sectors, paths.identity().flush());
        if (!piece.isWrite() || !isBlocked(piece)) {
          work.take(piece);
          work.outstanding++;
          begun.add(piece);
          return piece;
        }
      }
    }
    return null;
  }

  /** A piece to be sent again, in parts when it does not fit into a frame any more. */
  private Piece again(Work work, int sectors) {
    Piece piece = work.again.remove();
    if (piece.sectors <= sectors) {
      return piece;
    }
    end(piece);
    for (int from = 0; from < piece.sectors; from += sectors) {
      Piece part = piece.part(from, Math.min(sectors, piece.sectors - from));
      work.again.add(part);
      work.outstanding++;
      begun.add(part);
    }
    return work.again.remove();
  }

  private boolean isBlocked(Piece piece) {
    for (Piece other : begun) {
      if (other.isWrite() && other.overlaps(piece.sector, piece.sectors)) {
        return true;
      }
    }
    return copies.lingers(piece);
  }

  private void send(Piece piece, TargetPath path, long now) {
    if (piece.copies.isEmpty() && piece.firstSentAt == 0) {
      piece.firstSentAt = now;
    } else {
      repeatedFrames++;
    }
    piece.path = path;
    piece.lastSentAt = now;
    piece.sendAgainAt = now + path.roundTrip.timeoutNanos();
    path.inFlight++;
    int tag = copies.sent(piece, path, now).tag;
    int flags = Ata.FLAG_EXTENDED | (piece.isWrite() ? Ata.FLAG_WRITE : 0);
    scratch.clear();
    AoeHeader.request(path.target, path.port.address, address, AoeHeader.COMMAND_ATA, tag)
        .put(scratch);
    new Ata(flags, 0, piece.sectors, piece.operation, piece.sector, Ata.NO_DATA).putFixed(scratch);
    if (piece.isWrite()) {
      int bytes = piece.sectors * Ata.SECTOR_BYTES;
      sink.send(path.port, scratch.flip(), piece.buffer, piece.position, bytes);
    } else {
      while (scratch.position() < AoeHeader.SHORTEST_FRAME_BYTES) {
        scratch.put((byte) 0);
      }
      sink.send(path.port, scratch.flip(), null, 0, 0);
    }
  }

  private IOException failure(Piece piece, String why) {
    return new IOException(text(piece, why));
  }

  private String text(Piece piece, String why) {
    return Work.text(piece)
        + " failed on shelf "
        + name
        + " ("
        + piece.work.chain.name()
        + "): "
        + why;
  }

  private static String registers(Ata answer) {
    if (answer.feature() == Ata.ERROR_NO_SUCH_SECTOR) {
      return "that there is no such sector";
    }
    return String.format(
        Locale.ROOT, "status 0x%02x, error 0x%02x", answer.operation(), answer.feature());
  }

  private static String seconds(long nanos) {
    return String.format(Locale.ROOT, "%.1f s", nanos / 1e9);
  }
}
