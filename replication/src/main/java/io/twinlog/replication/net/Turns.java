package io.twinlog.replication.net;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A resource's work on its event loop: every call into the replica goes through {@link #run}, so
 * that one that throws ends it all, and each turn of the loop with work has one end. Except where
 * noted, everything is called on the loop.
 */
final class Turns implements PeerConnector.Shell {

  private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

  private final String resource;
  private final EventLoop loop;
  private final EventFeed feed;
  private final Consumer<String> panic;
  private final List<Runnable> turnEnds = new ArrayList<>();
  private Runnable endTurn = () -> {};
  private boolean scheduled;
  private boolean replicaWants;
  private boolean ending;
  private boolean over;

  Turns(String resource, EventLoop loop, EventFeed feed, Consumer<String> panic) {
    this.resource = resource;
    this.loop = loop;
    this.feed = feed;
    this.panic = panic;
  }

  /** Says what ends a turn: the replica, when it asked for it, and then the peer link. */
  void begin(Runnable replicaEndTurn, Runnable flushLink) {
    endTurn = replicaEndTurn;
    turnEnds.add(flushLink);
  }

  /** More that happens at the end of each turn, in the order of these calls. */
  void addTurnEnd(Runnable flush) {
    turnEnds.add(flush);
  }

  /** From any thread. */
  EventLoop loop() {
    return loop;
  }

  /** From any thread: {@link #run} on the loop. */
  void execute(Runnable task) {
    loop.execute(() -> run(task));
  }

  /** Runs a task unless it is all over; what it throws is a panic. */
  void run(Runnable task) {
    if (over) {
      return;
    }
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      replicaFailed(e);
    }
  }

  /** The replica wants its end of the turn. */
  void replicaTurnWanted() {
    replicaWants = true;
    schedule();
  }

  @Override
  public void turnWanted() {
    // What is written while a turn ends is flushed by that very end.
    if (!ending) {
      schedule();
    }
  }

  @Override
  public void replicaFailed(Throwable cause) {
    LOG.error("{}: the replica threw", resource, cause);
    panic(cause.toString());
  }

  /** Nothing runs any more, and the process is to end. */
  void panic(String what) {
    if (!over) {
      over = true;
      LOG.error("{}: stops at once: {}", resource, what);
      for (EventFeed.Entry entry : feed.recent()) {
        LOG.error("{}: before that, at {}: {}", resource, entry.at(), entry.event());
      }
      panic.accept(resource + ": " + what);
    }
  }

  /** Nothing runs any more; idempotent. */
  void end() {
    over = true;
  }

  boolean isOver() {
    return over;
  }

  private void schedule() {
    if (!scheduled) {
      scheduled = true;
      // Runs when the sockets that are ready now have been read.
      execute(this::endTurn);
    }
  }

  private void endTurn() {
    scheduled = false;
    ending = true;
    if (replicaWants) {
      replicaWants = false;
      endTurn.run();
    }
    ending = false;
    turnEnds.forEach(Runnable::run);
  }
}
