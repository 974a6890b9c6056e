package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TurnsTest {

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<String> done = new ArrayList<>();
  private final List<String> panics = new ArrayList<>();
  private final Turns turns =
      new Turns("r0", channel.eventLoop(), new EventFeed("r0"), panics::add);

  @BeforeEach
  void begin() {
    turns.begin(() -> done.add("replica"), () -> done.add("link"));
    turns.addTurnEnd(() -> done.add("front end"));
  }

  @AfterEach
  void close() {
    channel.close().syncUninterruptibly();
  }

  @Test
  void shouldEndTheTurnOnceAndInOrderWhenManyAskForIt() {
    turns.replicaTurnWanted();
    turns.turnWanted();
    turns.replicaTurnWanted();
    assertEquals(List.of(), done);
    channel.runPendingTasks();
    assertEquals(List.of("replica", "link", "front end"), done);
  }

  @Test
  void shouldOnlyFlushWhenOnlyTheLinkAsks() {
    turns.turnWanted();
    channel.runPendingTasks();
    assertEquals(List.of("link", "front end"), done);
  }

  @Test
  void shouldEndOneMoreTurnWhenTheReplicaAsksWhileATurnEnds() {
    boolean[] again = {true};
    turns.begin(
        () -> {
          done.add("asks again");
          turns.turnWanted();
          if (again[0]) {
            again[0] = false;
            turns.replicaTurnWanted();
          }
        },
        () -> {});
    turns.replicaTurnWanted();
    channel.runPendingTasks();
    String end = "asks again, link, front end";
    assertEquals(end + ", " + end, String.join(", ", done));
  }

  @Test
  void shouldStopEverythingAndTellOnceWhenATaskThrows() {
    turns.run(
        () -> {
          throw new IllegalStateException("broken");
        });
    turns.run(() -> done.add("later"));
    turns.panic("once more");
    turns.replicaTurnWanted();
    channel.runPendingTasks();
    assertEquals(List.of(), done);
    assertEquals(List.of("r0: java.lang.IllegalStateException: broken"), panics);
    assertTrue(turns.isOver());
  }
}
