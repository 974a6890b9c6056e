package io.twinlog.replication.core;

import java.util.function.Consumer;

/**
 * Operators that verify, at any moment; and memory and storage that lose a bit, which a verify has
 * to find.
 */
final class SimVerify {
  private final SimWorld world;

  /** A bit was flipped and not repaired yet: what is compared with the history is not to be. */
  private boolean spoilt;

  SimVerify(SimWorld world) {
    this.world = world;
  }

  boolean isSpoilt() {
    return spoilt;
  }

  void spoilt(boolean is) {
    spoilt = is;
  }

  /** From now on somebody verifies this or that, again and again. */
  void begin() {
    world.after(world.random().nextLong(200_000_000), this::turn);
  }

  private void turn() {
    world.after(10_000_000 + world.random().nextLong(300_000_000), this::turn);
    SimNode node = world.node(world.random().nextInt(2));
    if (!node.isAlive() || node.isPaused()) {
      return;
    }
    boolean backing = world.random().nextBoolean();
    if (world.random().nextInt(8) == 0) {
      world.operators().ask(node, "verify stop", node.replica()::stopVerify);
    } else {
      String verb = backing ? "verify backing" : "verify peer";
      world.operators().ask(node, verb, outcome -> node.replica().verify(backing, outcome));
    }
  }

  /** Nothing ever differs that was not made to. */
  void heard(ReplicaEvent event) {
    if (event.kind().equals("verify") && event.to().equals("differs") && !spoilt) {
      throw new SimFailure("a verify raises a false alarm: " + event.detail());
    }
  }

  /** The primary of the pair, when both copies are as of one write and nothing is under way. */
  SimNode primary() {
    for (int i = 0; i < 2; i++) {
      if (world.node(i).replica().isPrimary()) {
        return world.node(i);
      }
    }
    throw new SimFailure("there is no primary");
  }

  /** Asks, and lets the world go on until the answer is there. */
  String ask(SimNode node, String verb, Consumer<Outcome> question) {
    SimOperators.Ask ask = world.operators().ask(node, verb, question);
    long end = world.now() + 60_000_000_000L;
    while (!ask.isOver()) {
      if (world.now() > end || !world.step()) {
        throw new SimFailure(verb + " is not answered; " + node.replica().report());
      }
    }
    return ask.answer();
  }

  /** Whether both copies are what the history says, each as of its last write. */
  boolean copyIsWrong(SimNode node) {
    long number = node.replica().number();
    return number <= world.history().floor()
        && world.history().image(number).mismatch(node.ram(), 0, node.ram().length) >= 0;
  }
}
