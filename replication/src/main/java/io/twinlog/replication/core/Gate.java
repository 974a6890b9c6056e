package io.twinlog.replication.core;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;

/**
 * What is written to one shelf, slots aside, on its way there. While the gate is shut nothing
 * begins, and waits.
 */
final class Gate {
  private final ArrayDeque<Consumer<IOException>> waiting = new ArrayDeque<>();
  private boolean shut;
  private int underWay;

  /** Begins now or when the gate opens: given null then, or why that cannot be. */
  void pass(Consumer<IOException> write) {
    if (shut) {
      waiting.add(write);
    } else {
      begin(write);
    }
  }

  private void begin(Consumer<IOException> write) {
    began();
    write.accept(null);
  }

  /** Something begins that does not wait. */
  void began() {
    underWay++;
  }

  /** What has begun has ended. */
  void ended() {
    underWay--;
  }

  boolean isIdle() {
    return underWay == 0;
  }

  void shut() {
    shut = true;
  }

  void open() {
    shut = false;
    while (!shut && !waiting.isEmpty()) {
      begin(waiting.remove());
    }
  }

  /** What waits does so no more; the gate stays as it is. */
  List<Consumer<IOException>> giveUp() {
    List<Consumer<IOException>> given = List.copyOf(waiting);
    waiting.clear();
    return given;
  }
}
