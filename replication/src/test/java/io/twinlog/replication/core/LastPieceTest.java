package io.twinlog.replication.core;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A crash has torn one of the two copies of the last piece of a log. The node goes on behind the
 * piece, so it must not lose the whole copy, whichever of the shelves fails then.
 */
class LastPieceTest {

  /** The piece's chunk is on the second and the third shelf. */
  @ParameterizedTest
  @CsvSource({"1, 2", "2, 1"})
  void shouldKeepTheOnlyWholeCopyOfTheLastPiece(int torn, int failing) {
    Scenario s = new Scenario(SimOptions.scripted().staggered(3)).pair();
    s.crash(s.b);
    s.answered(s.write(s.a, 0));
    SimShelf.Hold append = s.holdOneWrite(torn, s.a, "log append");
    s.write(s.a, 1);
    s.reached(append);
    s.pass(Duration.ofMillis(5));
    append.tear();
    s.crash(s.a);
    SimShelf.Hold read = s.holdReads(failing, s.a, "last log piece read");
    s.a.start();
    s.promote(s.a);
    s.pass(Duration.ofMillis(5));
    s.world.shelves().get(failing).unreachable[s.a.index()] = true;
    read.release();
    s.pass(Duration.ofSeconds(1));
    s.world.shelves().get(failing).heal();
    s.answered(s.write(s.a, 2));
    s.crash(s.a);
    s.a.start();
    s.promote(s.a);
    s.endsWell();
  }
}
