package io.twinlog.replication.net;

import io.netty.channel.EventLoop;
import io.twinlog.blockdev.BlockService;
import io.twinlog.blockdev.RamDevice;
import io.twinlog.blockdev.shelf.Shelf;
import io.twinlog.replication.core.Outcome;
import io.twinlog.replication.core.RamRecord;
import io.twinlog.replication.core.Replica;
import io.twinlog.replication.core.ReplicaConfig;
import io.twinlog.replication.core.ReplicaEvent;
import io.twinlog.replication.core.ReplicaReport;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Runs one resource's {@link Replica} on an event loop: ticks, peer link, backing I/O, the
 * operator's requests and the end of each turn. Owns the RAM device and the shelves. Public methods
 * may be called from any thread, {@link #close} from any but the loop's; futures complete on the
 * loop.
 */
public final class ResourceDriver implements AutoCloseable {

  /** Room for a resync's window, confirmations and heartbeats in the queue towards the peer. */
  private static final long QUEUE_SLACK_BYTES = 64 << 20;

  private final ReplicaConfig config;
  private final PeerEndpoint endpoint;
  private final RamDevice ram;
  private final List<Shelf> shelves;
  private final Turns turns;
  private final Replica replica;
  private final PeerConnector connector;
  private final Ticker ticker;
  private final BlockService service;
  private final EventFeed feed;

  /** Requests without an answer so far. */
  private final Set<Question> asked = ConcurrentHashMap.newKeySet();

  private ResourceDriver(
      ReplicaConfig config,
      PeerSettings peer,
      RamDevice ram,
      RamRecord record,
      List<Shelf> shelves,
      EventLoop loop,
      BufferLimits buffers,
      Consumer<String> panic) {
    this.config = config;
    this.endpoint = peer.endpoint();
    this.ram = ram;
    this.shelves = List.copyOf(shelves);
    this.feed = new EventFeed(config.resource());
    this.turns = new Turns(config.resource(), loop, feed, panic);
    this.replica =
        new Replica(
            config, ram, new DriverEffects(shelves, new BufferPool(buffers), turns, feed), record);
    SharedConfig shared = new SharedConfig(peer.shared());
    this.connector =
        new PeerConnector(
            LinkIdentity.of(config, ram.sizeBytes(), shared, peer.secret()),
            peer.peer(),
            loop,
            new ReplicaPeerEvents(replica),
            // Headers and bookkeeping are less than the payload of even the smallest writes.
            2 * config.maxPendingBytes() + QUEUE_SLACK_BYTES,
            new Notices(System::nanoTime, this::notice),
            turns);
    this.ticker =
        new Ticker(
            loop, System::nanoTime, connector::readBursts, now -> turns.run(() -> tick(now)));
    this.service = new GuardedService(replica, turns);
    turns.begin(() -> replica.endTurn(System.nanoTime()), connector::flushTurn);
  }

  /**
   * Puts a resource together; nothing runs before {@link #start}.
   *
   * @param ram ownership passes
   * @param record what RAM that outlives the process says of itself, or {@link RamRecord#NONE}
   * @param shelves all of the backing, in their order; ownership passes
   * @param loop of {@link Transport#newGroup}; not shut down by the driver
   * @param panic told once that an invariant is broken: the process is to end at once
   */
  public static ResourceDriver open(
      ReplicaConfig config,
      PeerSettings peer,
      RamDevice ram,
      RamRecord record,
      List<Shelf> shelves,
      EventLoop loop,
      BufferLimits buffers,
      Consumer<String> panic) {
    return new ResourceDriver(config, peer, ram, record, shelves, loop, buffers, panic);
  }

  /** Begins reading the backing and looking for the peer. */
  public void start() {
    endpoint.register(connector);
    turns.execute(
        () -> {
          replica.start(System.nanoTime());
          ticker.start();
        });
  }

  /** The device for front ends, to be used on {@link #loop} only. */
  public BlockService service() {
    return service;
  }

  /** The event loop of the resource. */
  public EventLoop loop() {
    return turns.loop();
  }

  /** What happened and happens. */
  public EventFeed events() {
    return feed;
  }

  /**
   * Adds something to do on the loop at the end of each turn in which the replica or the peer link
   * had work: a front end flushes its replies.
   */
  public void addTurnEnd(Runnable flush) {
    turns.execute(() -> turns.addTurnEnd(flush));
  }

  /** See {@code twinlog promote}. */
  public CompletableFuture<OperatorAnswer> promote(boolean force, boolean acceptLoss) {
    return ask(outcome -> replica.promote(force, acceptLoss, outcome));
  }

  /** See {@code twinlog demote}. */
  public CompletableFuture<OperatorAnswer> demote() {
    return ask(replica::demote);
  }

  /** See {@code twinlog switchover}. */
  public CompletableFuture<OperatorAnswer> switchover() {
    return ask(replica::switchover);
  }

  /** See {@code twinlog connect}. */
  public CompletableFuture<OperatorAnswer> connect() {
    return ask(replica::connect);
  }

  /** See {@code twinlog disconnect}. */
  public CompletableFuture<OperatorAnswer> disconnect() {
    return ask(replica::disconnect);
  }

  /** See {@code twinlog resync}. */
  public CompletableFuture<OperatorAnswer> resync() {
    return ask(replica::resync);
  }

  /** See {@code twinlog resync --pause} and {@code --resume}. */
  public CompletableFuture<OperatorAnswer> pauseResync(boolean pause) {
    return ask(outcome -> replica.pauseResync(pause, outcome));
  }

  /** See {@code twinlog verify}; answered at its end. */
  public CompletableFuture<OperatorAnswer> verify(boolean backing) {
    return ask(outcome -> replica.verify(backing, outcome));
  }

  /** See {@code twinlog verify --stop}. */
  public CompletableFuture<OperatorAnswer> stopVerify() {
    return ask(replica::stopVerify);
  }

  /** See {@code twinlog flush}. */
  public CompletableFuture<OperatorAnswer> flush() {
    return ask(replica::flush);
  }

  /** See {@code twinlog emergency}. */
  public CompletableFuture<OperatorAnswer> emergency(boolean on) {
    return ask(outcome -> replica.emergency(on, outcome));
  }

  /** See {@code twinlog shelf fail}; shelves count from 0. */
  public CompletableFuture<OperatorAnswer> failShelf(int shelf) {
    return ask(outcome -> replica.failShelf(shelf, outcome));
  }

  /** See {@code twinlog shelf replace}; shelves count from 0. */
  public CompletableFuture<OperatorAnswer> replaceShelf(int shelf, boolean force) {
    return ask(outcome -> replica.replaceShelf(shelf, force, outcome));
  }

  /** See {@code twinlog shelf restore}; shelves count from 0. */
  public CompletableFuture<OperatorAnswer> restoreShelf(int shelf) {
    return ask(outcome -> replica.restoreShelf(shelf, outcome));
  }

  /** The orderly end of this node's part in the resource; {@link #close} follows. */
  public CompletableFuture<OperatorAnswer> stop() {
    return ask(replica::stop);
  }

  /**
   * A picture of this moment; fails with {@link IllegalStateException} when the driver is closed.
   */
  public CompletableFuture<ReplicaReport> report() {
    CompletableFuture<ReplicaReport> future = new CompletableFuture<>();
    hop(
        () -> future.complete(replica.report()),
        () -> future.completeExceptionally(new IllegalStateException(stopped())));
    return future;
  }

  /**
   * Ends everything at once, without an orderly stop: the peer finds its connection closed. Waits
   * for backing I/O under way. Idempotent.
   */
  @Override
  public void close() throws IOException {
    endpoint.unregister(connector);
    if (!turns.loop().isShutdown()) {
      turns.loop().submit(this::closeOnLoop).awaitUninterruptibly();
    }
    IOException failure = null;
    for (Shelf shelf : shelves) {
      try {
        shelf.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    ram.close();
    if (failure != null) {
      throw failure;
    }
  }

  private void closeOnLoop() {
    ticker.stop();
    turns.end();
    connector.close("this node stops");
    asked.forEach(question -> question.refused(stopped()));
  }

  private void tick(long nowNanos) {
    replica.tick(nowNanos);
    connector.poll(nowNanos);
  }

  private void notice(String state, String line) {
    feed.publish(Instant.now(), new ReplicaEvent("link", "", state, line));
  }

  private CompletableFuture<OperatorAnswer> ask(Consumer<Outcome> request) {
    Question question = new Question();
    asked.add(question);
    hop(() -> request.accept(question), () -> question.refused(stopped()));
    return question.future;
  }

  /** Runs the task on the loop, or the other one when the replica does not run any more. */
  private void hop(Runnable task, Runnable otherwise) {
    try {
      turns
          .loop()
          .execute(
              () -> {
                turns.run(task);
                if (turns.isOver()) {
                  otherwise.run();
                }
              });
    } catch (RejectedExecutionException e) {
      otherwise.run();
    }
  }

  private String stopped() {
    return "resource " + config.resource() + " is stopped on this node";
  }

  /** An operator's request on its way. */
  private final class Question implements Outcome {
    final CompletableFuture<OperatorAnswer> future = new CompletableFuture<>();

    @Override
    public void done(String detail) {
      answer(new OperatorAnswer(true, detail));
    }

    @Override
    public void doneWithLoss(String detail) {
      answer(new OperatorAnswer(true, detail, true));
    }

    @Override
    public void refused(String reason) {
      answer(new OperatorAnswer(false, reason));
    }

    private void answer(OperatorAnswer answer) {
      asked.remove(this);
      future.complete(answer);
    }
  }
}
