package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.nemesis.fuse.StoragePaths;
import java.io.IOException;

/** The shelves that both nodes of a site reach, and what can happen to each. */
interface San extends AutoCloseable {

  /** What shelves are, and so what can happen to them. */
  enum Kind {
    /** Files over FUSE: every path from a node to a shelf has faults of its own. */
    FILES,
    /** Real vblades behind cables, reserved by takers; who restarts one makes it forget that. */
    AOE,
    /** The same, trusted to keep a reservation; so nobody restarts them. */
    AOE_KEPT;

    boolean isFiles() {
      return this == FILES;
    }

    /** What a seed has unless somebody says something else: mostly files. */
    static Kind ofSeed(long seed) {
      return switch (Math.floorMod(seed, 6)) {
        case 2 -> AOE_KEPT;
        case 5 -> AOE;
        default -> FILES;
      };
    }
  }

  /** What a node's configuration calls them, in their order, and how it guards them. */
  String configuration(String node);

  int count();

  /** A node's ways to the shelves; none where paths have no faults of their own. */
  StoragePaths path(String node);

  /** Nothing works on it any more, for either node; shelves are counted from 0. */
  void lose(int shelf) throws IOException, InterruptedException;

  /** It does not answer, and carries out later what it is asked for meanwhile. */
  void stall(int shelf) throws IOException, InterruptedException;

  /** It works again. */
  void giveBack(int shelf) throws IOException, InterruptedException;

  /** Another, empty medium is in a shelf's place. */
  void empty(int shelf) throws IOException;

  /** Everything works again. */
  void heal() throws IOException, InterruptedException;

  /** What is held up is let through, so that nodes can end. */
  void letGo();

  @Override
  void close() throws IOException;
}
