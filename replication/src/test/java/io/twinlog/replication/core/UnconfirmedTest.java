package io.twinlog.replication.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnconfirmedTest {

  @Test
  void shouldTellEachFrameOnceInOrderWhenConfirmationsAreCumulative() {
    Unconfirmed frames = new Unconfirmed();
    List<String> told = new ArrayList<>();
    Unconfirmed.Sink sink =
        (bytes, piece, nanos) -> told.add(bytes + (piece ? "p@" : "w@") + nanos);
    frames.begin(10);
    frames.sent(5, false, 1);
    frames.sent(7, true, 2);
    frames.sent(0, false, 3);
    frames.confirmed(10, sink);
    assertEquals(List.of(), told);
    assertEquals(5, frames.writeBytes());
    assertEquals(7, frames.pieceBytes());
    frames.confirmed(12, sink);
    frames.confirmed(12, sink);
    assertEquals(List.of("5w@1", "7p@2"), told);
    frames.confirmed(99, sink);
    assertEquals("0w@3", told.get(2));
    assertTrue(frames.isEmpty());
  }

  @Test
  void shouldKeepCountWhenItGrowsInTheMiddle() {
    Unconfirmed frames = new Unconfirmed();
    frames.begin(0);
    long[] sum = new long[1];
    long sent = 0;
    for (int i = 1; i <= 1000; i++) {
      frames.sent(i, i % 3 == 0, i);
      sent += i;
      frames.confirmed(i / 2, (bytes, piece, nanos) -> sum[0] += bytes * (nanos == bytes ? 1 : 0));
    }
    assertEquals(sent, sum[0] + frames.writeBytes() + frames.pieceBytes());
    assertEquals(500 * 501 / 2, sum[0]);
  }
}
