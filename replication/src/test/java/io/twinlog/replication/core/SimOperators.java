package io.twinlog.replication.core;

import io.twinlog.blockdev.log.View;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Operators at both nodes, who know little of each other; each gets exactly one answer. */
final class SimOperators {

  /** One question to one node. */
  final class Ask implements Outcome {
    final SimNode node;
    final String verb;
    private final long life;
    private String answer = "";
    private boolean done;

    private Ask(SimNode node, String verb) {
      this.node = node;
      this.verb = verb;
      this.life = node.life();
    }

    boolean isOver() {
      return !answer.isEmpty() || node.life() != life;
    }

    boolean isDone() {
      return done;
    }

    /** What came back; empty while nothing has. */
    String answer() {
      return answer;
    }

    @Override
    public void done(String detail) {
      done = true;
      end("done", detail);
      if (verb.startsWith("promote") && !node.replica().isPrimary()) {
        throw new SimFailure("node " + node.index() + " says it is primary and is not");
      }
      world.count(verb + " done");
    }

    @Override
    public void refused(String reason) {
      end("refused", reason);
      world.count(verb + " refused: " + kindOf(reason));
    }

    private void end(String how, String detail) {
      if (!answer.isEmpty()) {
        throw new SimFailure(verb + " ended twice: " + answer + ", then " + how + " " + detail);
      }
      answer = how + ": " + detail;
      world.trace(verb + " " + answer, node);
    }

    @Override
    public String toString() {
      return verb + " at node " + node.index() + " " + answer;
    }
  }

  private final SimWorld world;
  private final SplittableRandom random;
  private final List<Ask> open = new ArrayList<>();

  /** The last promotion of each node that may give writes up; null when none may any more. */
  private final Ask[] lossAsked = new Ask[2];

  SimOperators(SimWorld world) {
    this.world = world;
    this.random = world.random();
  }

  /** A reason without what differs from case to case. */
  static String kindOf(String reason) {
    return reason
        .replaceAll("alpha|beta", "NODE")
        .replaceAll("[0-9]+", "N")
        .replaceAll("(holds everything up to|cannot be read|be read|in place).*", "$1");
  }

  void begin() {
    world.after(random.nextLong(50_000_000), this::turn);
  }

  private void turn() {
    boolean calm = world.isCalm();
    world.after(10_000_000 + random.nextLong(calm ? 200_000_000 : 300_000_000), this::turn);
    SimNode node = world.node(random.nextInt(2));
    if (!node.isAlive() || node.isPaused()) {
      return;
    }
    int choice = random.nextInt(40);
    if (!isServed() && (choice < 30 || calm)) {
      if (choice % 10 == 3) {
        promoteBoth();
      } else {
        boolean loss = (calm || choice < 2) && choice % 2 == 0 && bothWereLost();
        promote(node, choice == 7 && !calm, loss);
      }
    } else if (calm) {
      if (!node.replica().wantsLink()) {
        ask(node, "connect", node.replica()::connect);
      }
    } else {
      act(node, choice);
    }
  }

  private void act(SimNode node, int choice) {
    Replica replica = node.replica();
    switch (choice) {
      case 30, 38 -> ask(node, "connect", replica::connect);
      case 31, 35 -> ask(node, "switchover", replica::switchover);
      case 32 -> ask(node, "demote", replica::demote);
      case 33 -> ask(node, "disconnect", replica::disconnect);
      case 34 -> {
        ask(node, "switchover", replica::switchover);
        ask(node, "switchover", replica::switchover);
      }
      case 36 -> ask(node, "resync", replica::resync);
      case 37 -> ask(node, "flush", replica::flush);
      case 39 -> promote(node, random.nextInt(4) == 0, false);
      case 29 -> {
        ask(node, "flush", replica::flush);
        ask(node, "demote", replica::demote);
      }
      default -> {}
    }
  }

  /** A new medium is to take the place of a shelf. */
  void askToReplace(int shelf) {
    askPrimary("shelf replace", (replica, outcome) -> replica.replaceShelf(shelf, true, outcome));
  }

  /** As status tells them to: a shelf that a node has found to be another one is made a new one. */
  void tendShelves() {
    for (int shelf = 0; shelf < world.shelves().count(); shelf++) {
      int other = shelf;
      boolean found = false;
      for (int node = 0; node < 2; node++) {
        SimNode asked = world.node(node);
        found |= asked.isAlive() && asked.replica().shelves().isExchanged(shelf);
      }
      if (found) {
        askPrimary("shelf fail", (replica, outcome) -> replica.failShelf(other, outcome));
        world.after(300_000_000, () -> askToReplace(other));
      }
    }
  }

  /** Whoever is primary, if anybody is; null when nobody is. */
  Ask askPrimary(String verb, BiConsumer<Replica, Outcome> question) {
    for (int node = 0; node < 2; node++) {
      SimNode asked = world.node(node);
      if (asked.isAlive() && !asked.isPaused() && asked.replica().isPrimary()) {
        return ask(asked, verb, outcome -> question.accept(asked.replica(), outcome));
      }
    }
    return null;
  }

  boolean isServed() {
    for (int i = 0; i < 2; i++) {
      if (world.node(i).isAlive() && world.node(i).replica().isPrimary()) {
        return true;
      }
    }
    return false;
  }

  /** Whether the copies of the latest view's members are gone, so that nothing better can come. */
  private boolean bothWereLost() {
    View view = world.history().view(world.history().latestView());
    if (view == null) {
      return false;
    }
    for (int i = 0; i < 2; i++) {
      SimNode node = world.node(i);
      boolean there = node.isAlive() || node.isRamKept();
      if (view.isMember(i) && there && view.incarnation(i) == node.replica().incarnation()) {
        return false;
      }
    }
    return true;
  }

  Ask promote(SimNode node, boolean force, boolean acceptLoss) {
    String verb = "promote" + (force ? " --force" : "") + (acceptLoss ? " --accept-loss" : "");
    Ask asked = ask(node, verb, answer -> node.replica().promote(force, acceptLoss, answer));
    if (acceptLoss) {
      lossAsked[node.index()] = asked;
    }
    return asked;
  }

  /** Two operators at the same moment. */
  List<Ask> promoteBoth() {
    List<Ask> both = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      if (world.node(i).isAlive()) {
        both.add(promote(world.node(i), false, false));
      }
    }
    world.count("both promoted at the same moment");
    return both;
  }

  Ask ask(SimNode node, String verb, Consumer<Outcome> question) {
    world.trace("operator: " + verb, node);
    open.removeIf(Ask::isOver);
    Ask asked = new Ask(node, verb);
    open.add(asked);
    node.deliver(node.life(), () -> question.accept(asked));
    return asked;
  }

  /** Whether everybody who asked a node that has lived on has an answer. */
  boolean areAllAnswered() {
    open.removeIf(Ask::isOver);
    return open.isEmpty();
  }

  /** Whether somebody has asked to give writes up. */
  boolean isLossAsked() {
    return lossAsked[0] != null || lossAsked[1] != null;
  }

  /**
   * Whether the view, chosen now, may give writes up because somebody has asked for that. One who
   * was refused, or whose node has died before an earlier view was chosen, has not.
   */
  boolean takeLossAsked(View view) {
    int primary = view.primary();
    boolean asked = primary != View.NO_NODE && lossAsked[primary] != null;
    for (int i = 0; i < 2; i++) {
      if (lossAsked[i] != null && (i == primary || lossAsked[i].isOver())) {
        lossAsked[i] = null;
      }
    }
    return asked;
  }

  @Override
  public String toString() {
    return open.toString();
  }
}
