package io.twinlog.replication.core;

import io.twinlog.blockdev.shelf.IoChain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What is under way on one shelf. When the shelf gets on with nothing of a lane for as long as its
 * deadline, all of it is given up: it is reported failed, although it may be carried out at any
 * later time. So it goes on to count as under way until it has returned, by when what it writes has
 * landed, and until then nothing else goes to the shelf: nothing given up can land after something
 * newer from this node.
 */
final class ShelfWork {

  /** When a lane has last got on with something, in time of {@link #awakeNanos}. */
  private static final class Progress {
    long latestNanos;
  }

  /** One chain; its submitter hears of the outcome once, and later that nothing is left of it. */
  final class Operation {
    private final IoChain like;
    private final boolean writes;
    private final Consumer<IOException> reported;
    private final Runnable returned;

    /** Which primacy of this node it is of. */
    private final long ofView;

    private final Progress progress;
    private final long begunNanos = awakeNanos;
    private boolean givenUp;

    private Operation(
        IoChain like,
        boolean writes,
        long ofView,
        Consumer<IOException> reported,
        Runnable returned) {
      this.like = like;
      this.progress = lanes.get(like.lane());
      this.writes = writes;
      this.ofView = ofView;
      this.reported = reported;
      this.returned = returned;
    }

    private void end(IOException error) {
      progress.latestNanos = awakeNanos;
      if (!open.remove(this)) {
        return;
      }
      if (!givenUp) {
        reported.accept(error);
      }
      returned.run();
      if (givenUp && !isHanging()) {
        buffers.letGo(kept);
        kept = List.of();
        answers.run();
      }
    }
  }

  private final LentBuffers buffers;

  /** 0 when the shelf itself sees to it that everything ends. */
  private final long deadlineNanos;

  private final Runnable answers;
  private final List<Operation> open = new ArrayList<>();
  private final Map<IoChain.Lane, Progress> lanes = new EnumMap<>(IoChain.Lane.class);

  /** Time in which this node was awake: a pause is nothing that a shelf is to blame for. */
  private long awakeNanos;

  /** What may be in the hands of operations that were given up. */
  private List<ByteBuffer> kept = List.of();

  /** {@code answers} is told when all has returned that was given up. */
  ShelfWork(LentBuffers buffers, long deadlineNanos, Runnable answers) {
    this.buffers = buffers;
    this.deadlineNanos = deadlineNanos;
    this.answers = answers;
    for (IoChain.Lane lane : IoChain.Lane.values()) {
      lanes.put(lane, new Progress());
    }
  }

  /**
   * Takes note of a chain that is submitted now; what this returns is to be submitted in its place.
   *
   * @param like has the name and the lane
   * @param writes whether it writes anything but slots
   * @param ofView the view in which this node became primary
   * @param reported told the outcome, or that it has been given up
   * @param returned told, after that, when the shelf has done with it
   */
  IoChain begin(
      IoChain like,
      boolean writes,
      long ofView,
      Consumer<IOException> reported,
      Runnable returned) {
    if (isLaneIdle(like.lane())) {
      lanes.get(like.lane()).latestNanos = awakeNanos;
    }
    Operation operation = new Operation(like, writes, ofView, reported, returned);
    open.add(operation);
    return new IoChain(like.name(), like.lane(), operation::end);
  }

  private boolean isLaneIdle(IoChain.Lane lane) {
    for (Operation operation : open) {
      if (operation.like.lane() == lane) {
        return false;
      }
    }
    return true;
  }

  void passTime(long nanos) {
    awakeNanos += nanos;
  }

  /** For how long a lane has not got on with what is under way in it: the worst of them. */
  long silentNanos() {
    long silent = 0;
    for (Operation operation : open) {
      silent = Math.max(silent, awakeNanos - operation.progress.latestNanos);
    }
    return silent;
  }

  boolean isOverdue() {
    return deadlineNanos > 0 && !isHanging() && silentNanos() >= deadlineNanos;
  }

  /** Whether anything that was given up has not returned. */
  boolean isHanging() {
    for (Operation operation : open) {
      if (operation.givenUp) {
        return true;
      }
    }
    return false;
  }

  /** What the shelf does not get on with, in words. */
  String hanging() {
    Operation slowest = open.get(0);
    for (Operation operation : open) {
      if (operation.progress.latestNanos < slowest.progress.latestNanos) {
        slowest = operation;
      }
    }
    return "%s, begun %d s ago"
        .formatted(slowest.like.name(), (awakeNanos - slowest.begunNanos) / 1_000_000_000);
  }

  /**
   * Gives everything up.
   *
   * @param error what each is reported to have failed with
   */
  void giveUp(GivenUpException error) {
    kept = buffers.keep();
    List<Operation> all = List.copyOf(open);
    all.forEach(operation -> operation.givenUp = true);
    all.forEach(operation -> operation.reported.accept(error));
  }

  /** What was given up counts as if it were over: for tests of the rule that it does not. */
  void forget() {
    List<Operation> all = List.copyOf(open);
    open.clear();
    all.forEach(operation -> operation.returned.run());
  }

  boolean isUnderWay() {
    return !open.isEmpty();
  }

  /** Whether anything but slots is being written. */
  boolean isWriting() {
    for (Operation operation : open) {
      if (operation.writes) {
        return true;
      }
    }
    return false;
  }

  /** Whether anything is, since before this node became primary in the view. */
  boolean isWritingSinceBefore(long view) {
    for (Operation operation : open) {
      if (operation.writes && operation.ofView < view) {
        return true;
      }
    }
    return false;
  }
}
