package io.twinlog.blockdev.shelf;

import java.io.IOException;
import java.lang.Thread.UncaughtExceptionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread that carries out chains of one shelf one after the other, in order of submission. */
final class FileLane {

  private static final Logger log = LoggerFactory.getLogger(FileLane.class);

  /** A chain and who is to hear of it; neither in the one that ends the thread. */
  private record Job(IoChain chain, Executor owner) {
    boolean isStop() {
      return chain == null;
    }
  }

  private static final Job STOP = new Job(null, null);

  /** How often it is seen whether what hangs has hung for too long. */
  private static final int LOOK_MILLIS = 20;

  private final String shelfName;
  private final FileSteps steps;
  private final BlockingQueue<Job> queue;

  /** Why no more chains are taken, or null; guarded by this. */
  private String refusal;

  private Thread thread;

  /** Whether a chain is being carried out, and since when. */
  private volatile boolean busy;

  private volatile long begunNanos;
  private volatile boolean leftBehind;

  FileLane(String shelfName, FileSteps steps, int queueChains) {
    this.shelfName = shelfName;
    this.steps = steps;
    this.queue = new ArrayBlockingQueue<>(queueChains);
  }

  void start(String threadName, UncaughtExceptionHandler fatal) {
    thread = new Thread(() -> run(fatal), threadName);
    thread.setDaemon(false);
    thread.start();
  }

  /** Never blocks: what cannot be queued fails at once. */
  void submit(IoChain chain, Executor owner) {
    Job job = new Job(chain, owner);
    String reason;
    synchronized (this) {
      reason = refusal;
      if (reason == null && !queue.offer(job)) {
        reason = "too many operations wait for it already";
      }
    }
    if (reason != null) {
      refuse(job, reason);
    }
  }

  /** Lets the thread end after the chains already queued; idempotent. */
  void stop() {
    synchronized (this) {
      if (refusal != null) {
        return;
      }
      refusal = "it is closed";
    }
    // A full queue is being emptied by the thread, and nobody adds to it any more.
    uninterrupted(() -> queue.put(STOP));
  }

  /** Waits for the thread to end. */
  void join() {
    uninterrupted(thread::join);
  }

  /**
   * As {@link #stop} and {@link #join}, but when a chain takes longer than the time, from its
   * beginning, the thread is left behind with it, and what waits for its turn is refused.
   */
  void stopWithin(long nanos) {
    synchronized (this) {
      refusal = "it is closed";
    }
    while (thread.isAlive() && !(busy && System.nanoTime() - begunNanos >= nanos)) {
      // There may be no room for it yet.
      if (!queue.contains(STOP)) {
        queue.offer(STOP);
      }
      uninterrupted(() -> thread.join(LOOK_MILLIS));
    }
    if (thread.isAlive()) {
      leftBehind = true;
      List<Job> waiting = new ArrayList<>();
      queue.drainTo(waiting);
      queue.add(STOP);
      waiting.stream().filter(job -> !job.isStop()).forEach(job -> refuse(job, "it is closed"));
    }
  }

  /** Whether the thread was left behind with a chain that has not returned. */
  boolean isLeftBehind() {
    return leftBehind && thread.isAlive();
  }

  private void run(UncaughtExceptionHandler fatal) {
    Job job = null;
    try {
      for (job = queue.take(); !job.isStop(); job = queue.take()) {
        begunNanos = System.nanoTime();
        busy = true;
        IOException error = steps.carryOut(job.chain());
        busy = false;
        report(job, error);
        job = null;
      }
    } catch (Throwable death) {
      die(job, death);
      fatal.uncaughtException(Thread.currentThread(), death);
    }
  }

  /** Fails everything that this thread will not do any more. */
  private void die(Job current, Throwable death) {
    String reason = "its thread died: " + death;
    List<Job> left = new ArrayList<>();
    if (current != null) {
      left.add(current);
    }
    synchronized (this) {
      refusal = reason;
      queue.drainTo(left);
    }
    for (Job job : left) {
      if (!job.isStop()) {
        try {
          refuse(job, reason);
        } catch (RuntimeException e) {
          // The owner may be what killed the thread; the others are to hear of it all the same.
          death.addSuppressed(e);
        }
      }
    }
  }

  private void refuse(Job job, String reason) {
    report(
        job,
        new IOException(job.chain().name() + " refused by shelf " + shelfName + ": " + reason));
  }

  private void report(Job job, IOException error) {
    try {
      job.owner().execute(() -> job.chain().complete(error));
    } catch (RejectedExecutionException e) {
      // The owner's loop has ended, so nobody is left who could be told.
      log.warn("{}: outcome of {} is lost, its owner has ended", shelfName, job.chain().name());
    }
  }

  private interface Interruptible {
    void run() throws InterruptedException;
  }

  /** Nothing may be let go while the thread uses it, so an interrupt only waits its turn. */
  private static void uninterrupted(Interruptible action) {
    boolean interrupted = false;
    while (true) {
      try {
        action.run();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
