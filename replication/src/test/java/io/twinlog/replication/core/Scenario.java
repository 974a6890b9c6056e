package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.BlockRequest.Command;
import io.twinlog.blockdev.log.SlotCodec;
import io.twinlog.blockdev.log.SlotRecord;
import io.twinlog.blockdev.shelf.IoChain;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Two real replicas, A and B, to which exactly that happens which a test says; the history checks
 * the promise as in any simulation.
 */
final class Scenario {
  private static final int BLOCK = BlockTable.BLOCK_BYTES;
  private static final long LIMIT_NANOS = 20_000_000_000L;

  final SimWorld world;
  final SimNode a;
  final SimNode b;

  /** With all rules but these in force. */
  Scenario(Rule... broken) {
    this(SimOptions.scripted(), broken);
  }

  Scenario(SimOptions base, Rule... broken) {
    SimOptions options = base;
    for (Rule rule : broken) {
      options = options.without(rule);
    }
    world = new SimWorld(options);
    a = world.node(0);
    b = world.node(1);
    world.start();
  }

  /** A is primary, alone and complete; B runs and is not connected. */
  Scenario alone() {
    cut(a, b);
    promote(a);
    pass(Duration.ofMillis(10));
    return this;
  }

  /** A is primary and B its secondary. */
  Scenario pair() {
    promote(a);
    until(() -> isMember(b) && a.replica().isPair(), "the pair is there");
    return this;
  }

  /** Time goes on until it is so. */
  void until(BooleanSupplier condition, String what) {
    long end = world.now() + LIMIT_NANOS;
    while (!condition.getAsBoolean()) {
      assertTrue(
          world.now() < end && world.step(),
          () -> "not reached: " + what + world.state() + "\n" + world.traceText());
    }
  }

  void pass(Duration time) {
    long end = world.now() + time.toNanos();
    until(() -> world.now() >= end, "the time has passed");
  }

  /** A write of one block. */
  SimRequest write(SimNode node, int block) {
    return write(node, block, 1);
  }

  SimRequest write(SimNode node, int block, int blocks) {
    return submit(node, Command.WRITE, block, blocks);
  }

  SimRequest read(SimNode node, int block) {
    return submit(node, Command.READ, block, 1);
  }

  private SimRequest submit(SimNode node, Command command, int block, int blocks) {
    SimRequest request =
        world.clients().request(node, command, block * BLOCK, blocks * BLOCK, false);
    world.clients().submit(request);
    return request;
  }

  void answered(SimRequest request) {
    until(request::isCompleted, request + " is answered");
  }

  /** Time goes on for a second, in which the request gets no answer. */
  void unanswered(SimRequest request) {
    pass(Duration.ofSeconds(1));
    assertTrue(!request.isCompleted(), request + " is answered");
  }

  /** An operator promotes the node, which becomes primary. */
  void promote(SimNode node) {
    SimOperators.Ask asked = ask(node, false);
    if (!asked.isDone()) {
      throw new SimFailure(asked.toString());
    }
  }

  void promoteAcceptingLoss(SimNode node) {
    assertTrue(ask(node, true).isDone(), "promotion with --accept-loss");
  }

  /** An operator ends the node's primary role in order. */
  void demote(SimNode node) {
    SimOperators.Ask asked = world.operators().ask(node, "demote", node.replica()::demote);
    until(asked::isOver, "an answer to " + asked);
    assertTrue(asked.isDone(), asked::toString);
  }

  /** An operator promotes the node in vain. */
  void promotionRefused(SimNode node) {
    if (ask(node, false).isDone()) {
      throw new SimFailure("node " + node.index() + " becomes primary and must not");
    }
  }

  private SimOperators.Ask ask(SimNode node, boolean acceptLoss) {
    SimNode other = node == a ? b : a;
    boolean gone = !other.isAlive() || other.isPaused();
    until(() -> !gone || node.replica().link() == null, "the loss of the other node is noticed");
    SimOperators.Ask asked = world.operators().promote(node, false, acceptLoss);
    until(asked::isOver, "an answer to " + asked);
    return asked;
  }

  void pause(SimNode node) {
    node.pause(false);
  }

  void crash(SimNode node) {
    world.crash(node);
  }

  /** What the nodes send does not get through, and waits. */
  void cut(SimNode... senders) {
    for (SimNode sender : senders) {
      world.network().cut[sender.index()] = true;
    }
  }

  void heal() {
    world.network().heal();
  }

  /** Holds writes of the node's chains of that name back. */
  SimShelf.Hold holdWrites(SimNode node, String chain) {
    return world
        .shelf()
        .hold(
            (of, running, step) ->
                of == node && running.name().equals(chain) && step instanceof IoChain.Write);
  }

  /** Holds one such write to one of several shelves back, and nothing that comes after it. */
  SimShelf.Hold holdOneWrite(int shelf, SimNode node, String chain) {
    boolean[] held = new boolean[1];
    return world
        .shelves()
        .get(shelf)
        .hold(
            (of, running, step) -> {
              boolean holds =
                  !held[0]
                      && of == node
                      && running.name().equals(chain)
                      && step instanceof IoChain.Write;
              held[0] |= holds;
              return holds;
            });
  }

  /** Holds reads of the node's chains of that name back. */
  SimShelf.Hold holdReads(SimNode node, String chain) {
    return holdReads(0, node, chain);
  }

  /** The same on one of several shelves. */
  SimShelf.Hold holdReads(int shelf, SimNode node, String chain) {
    return world
        .shelves()
        .get(shelf)
        .hold(
            (of, running, step) ->
                of == node && running.name().equals(chain) && step instanceof IoChain.Read);
  }

  /** Holds syncs of the node's chains of that name back. */
  SimShelf.Hold holdSyncs(SimNode node, String chain) {
    return world
        .shelf()
        .hold(
            (of, running, step) ->
                of == node && running.name().equals(chain) && step instanceof IoChain.Sync);
  }

  /** Holds the node's vote back: it has marked a view and decided, and has not said for what. */
  SimShelf.Hold holdVote(SimNode node) {
    return world
        .shelf()
        .hold(
            (of, running, step) ->
                of == node
                    && running.name().equals("slot write")
                    && step instanceof IoChain.Write write
                    && isVote(node, write));
  }

  private static boolean isVote(SimNode node, IoChain.Write write) {
    SlotRecord record = SlotCodec.decode(write.data().duplicate());
    return node.replica().isChanging() && record.accepted() > 0;
  }

  void reached(SimShelf.Hold hold) {
    until(hold::isReached, "the step that is held back");
  }

  /** The node has published a checkpoint at, or above, the number. */
  void checkpointed(SimNode node, long number) {
    until(
        () -> node.replica().report().backing().checkpointNumber() >= number,
        "the checkpoint at " + number);
  }

  boolean isMember(SimNode node) {
    return node.replica().view() != null && node.replica().isMember();
  }

  void checkBacking() {
    world.backing().check();
  }

  /** The pair comes back, both copies are those of the history, and so is the backing. */
  void endsWell() {
    heal();
    world.shelves().forEach(SimShelf::heal);
    for (SimNode node : new SimNode[] {a, b}) {
      if (!node.isAlive()) {
        node.start();
      }
      if (node.isPaused()) {
        node.resume();
      }
    }
    until(world::isPair, "the pair comes back");
    answered(write(a.replica().isPrimary() ? a : b, 7));
    pass(Duration.ofMillis(500));
    world.history().checkCopy(a);
    world.history().checkCopy(b);
    checkBacking();
  }
}
