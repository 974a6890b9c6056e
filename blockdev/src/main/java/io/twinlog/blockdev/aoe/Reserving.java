package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import io.twinlog.blockdev.shelf.ReservableShelf.Command;
import io.twinlog.blockdev.shelf.ReservableShelf.Completion;
import io.twinlog.blockdev.shelf.ReservableShelf.Holders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * Reads and changes the target's reservation (command 3), one request after the other.
 *
 * <p>A target carries out every copy of a command that reaches it, however late. So that a change
 * and a write of this machine never pass each other, a change is sent only when no copy of a write
 * lingers, and it is over only when each of its own copies was answered or is too old to come.
 * Nothing is asked before this process is older than any frame of the one before it, which has the
 * same address. Whoever asks for a change sees to it that no write but of slots is under way until
 * it is told the outcome.
 */
final class Reserving {

  /** What a request still has to send, in this order, as far as it has to. */
  private enum Step {
    LOOK,
    CHANGE,
    READ_BACK
  }

  /** A request as it was made. */
  record Request(Command command, Executor owner, Completion completion) {

    void tell(IOException error, Holders holders) {
      owner.execute(() -> completion.done(error, holders));
    }
  }

  private record Copy(int tag, TargetPath path, long sentAt) {}

  private final String name;
  private final AoeAddress address;
  private final List<Port> ports;
  private final Copies copies;
  private final Paths paths;
  private final long deadlineNanos;
  private final FrameSink sink;
  private final InitiatorEvents events;
  private final ArrayDeque<Request> requests = new ArrayDeque<>();
  private final ByteBuffer scratch = ByteBuffer.allocate(2048);

  /** Of the present step, or of a change that is done otherwise, and not answered. */
  private final List<Copy> unanswered = new ArrayList<>();

  private Step step;

  /** What the change makes of the list. */
  private List<MacAddress> wanted = List.of();

  /** Why the request has failed, once its copies are gone; or null. */
  private IOException failure;

  private boolean changed;
  private long firstSentAt;
  private boolean sent;
  private long sendAgainAt;

  /** When the first of our frames could have been sent; negative before that is known. */
  private long bornAt = -1;

  Reserving(
      String name,
      AoeAddress address,
      List<Port> ports,
      Copies copies,
      Paths paths,
      long deadlineNanos,
      FrameSink sink,
      InitiatorEvents events) {
    this.name = name;
    this.address = address;
    this.ports = ports;
    this.copies = copies;
    this.paths = paths;
    this.deadlineNanos = deadlineNanos;
    this.sink = sink;
    this.events = events;
  }

  boolean isIdle() {
    return requests.isEmpty();
  }

  void submit(Request request) {
    requests.add(request);
    if (requests.size() == 1) {
      begin();
    }
  }

  private void begin() {
    Command command = requests.element().command();
    failure = null;
    changed = false;
    wanted = command == Command.CLAIM ? List.copyOf(own()) : List.of();
    go(command == Command.CLAIM || command == Command.LIFT ? Step.CHANGE : Step.LOOK);
  }

  private void go(Step next) {
    step = next;
    sent = false;
  }

  /** Every address that our frames to the target may come from. */
  private Set<MacAddress> own() {
    Set<MacAddress> own = new LinkedHashSet<>();
    for (Port port : ports) {
      if (port.address.bits() != 0) {
        own.add(port.address);
      }
    }
    return own;
  }

  /** Every request that has not ended fails. */
  List<Request> unfinished() {
    List<Request> all = List.copyOf(requests);
    requests.clear();
    return all;
  }

  /** When {@link #tick} has something to do, in nanoseconds from now at the latest. */
  long nextTickNanos(long now) {
    if (requests.isEmpty()) {
      return Long.MAX_VALUE;
    }
    return sent && failure == null ? Math.max(0, sendAgainAt - now) : RoundTrip.SHORTEST_NANOS;
  }

  void tick(long now) {
    if (bornAt < 0) {
      bornAt = now;
    }
    unanswered.removeIf(copy -> now - copy.sentAt() >= Copies.LIFE_NANOS);
    if (requests.isEmpty()) {
      return;
    }
    if (failure != null) {
      if (unanswered.isEmpty()) {
        end(failure, null);
      }
    } else if (!sent && mayBegin(now)) {
      firstSentAt = now;
      send(now);
    } else if (sent && now - firstSentAt >= deadlineNanos) {
      fail(new IOException("shelf " + name + " has not answered a reserve command in time"));
    } else if (sent && now - sendAgainAt >= 0) {
      send(now);
    }
  }

  private boolean mayBegin(long now) {
    return switch (step) {
      case LOOK -> now - bornAt >= Copies.LIFE_NANOS;
      case CHANGE -> now - bornAt >= Copies.LIFE_NANOS && !copies.lingersOutsideSlots();
      case READ_BACK -> unanswered.isEmpty();
    };
  }

  private void send(long now) {
    TargetPath path = paths.any();
    sent = true;
    if (path == null) {
      sendAgainAt = now + RoundTrip.SHORTEST_NANOS;
      return;
    }
    sendAgainAt = now + path.roundTrip.timeoutNanos();
    int tag = copies.newTag();
    unanswered.add(new Copy(tag, path, now));
    AoeHeader header =
        AoeHeader.request(path.target, path.port.address, address, AoeHeader.COMMAND_RESERVE, tag);
    Reserve message =
        step == Step.CHANGE
            ? new Reserve(Reserve.FORCE_SET, wanted)
            : new Reserve(Reserve.READ, List.of());
    scratch.clear();
    new AoeFrame(header, message).put(scratch);
    sink.send(path.port, scratch.flip(), null, 0, 0);
  }

  /** An answer to a reserve command came on the path; false when it was to none of ours. */
  boolean answered(TargetPath path, AoeHeader header, Reserve list, long now) {
    Copy copy = null;
    for (Copy candidate : unanswered) {
      if (candidate.tag() == header.tag() && candidate.path() == path) {
        copy = candidate;
      }
    }
    if (copy == null) {
      return false;
    }
    unanswered.remove(copy);
    if (requests.isEmpty() || failure != null || !sent) {
      tick(now);
      return true;
    }
    if (header.error() != null) {
      fail(new IOException("shelf " + name + ": the target says: " + header.error().text()));
    } else if (step == Step.CHANGE) {
      changed = true;
      go(Step.READ_BACK);
    } else {
      // An earlier copy of the same question may be on its way, and does no harm.
      unanswered.clear();
      read(list);
    }
    tick(now);
    return true;
  }

  private void read(Reserve list) {
    Set<MacAddress> own = own();
    boolean empty = list.macs().isEmpty();
    boolean self = !empty && list.macs().containsAll(own);
    Holders holders = new Holders(empty, self, !own.containsAll(list.macs()));
    if (requests.element().command() == Command.JOIN && !changed && holders.isLockedOut()) {
      Set<MacAddress> joined = new LinkedHashSet<>(list.macs());
      joined.addAll(own);
      wanted = List.copyOf(joined);
      go(Step.CHANGE);
    } else {
      end(null, holders);
    }
  }

  private void fail(IOException error) {
    failure = error;
    if (step != Step.CHANGE) {
      unanswered.clear();
    }
  }

  private void end(IOException error, Holders holders) {
    events.reserved(requests.remove(), error, holders);
    if (!requests.isEmpty()) {
      begin();
    }
  }
}
