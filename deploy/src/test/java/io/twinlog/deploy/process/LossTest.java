package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node of a pair is killed, or paused, under load. */
@Tag("process")
final class LossTest {

  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    pair = Pair.start();
  }

  @AfterEach
  void stop() throws Exception {
    pair.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32})
  void shouldKeepFioContentWhenTheSecondaryIsKilledAndComesBack(int depth) throws Exception {
    Tools.need("fio");
    try (Fio fio = Fio.verifying(pair, depth)) {
      awaitWritten(2 << 20);
      pair.beta.kill();
      pair.alpha.await("a lone view", s -> s.getView().getMembersCount() == 1, Pair.SOON);
      long atLoss = pair.alpha.status().getCounters().getWrittenBytes();
      awaitWritten(atLoss + (1 << 20));
      pair.beta.start();
      pair.awaitBothUpToDate(pair.alpha);

      fio.orFail();
    }
  }

  @Test
  void shouldPassFioVerifyOnTheOtherNodeWhenThePrimaryIsKilled() throws Exception {
    Tools.need("fio");
    Path trigger = pair.directory().resolve("trigger");
    try (Fio writing = Fio.writing(pair, 16, trigger)) {
      awaitWritten(4 << 20);
      Files.createFile(trigger);
      // What was under way fails with the primary; fio has noted what was acknowledged before.
      writing.awaitEnd();
    }
    assertTrue(Files.exists(pair.directory().resolve("local-job-0-verify.state")));
    Pair.takeOver(pair.beta);
    try (Fio reading = Fio.reading(pair, 16)) {
      reading.orFail();
    }
  }

  private void awaitWritten(long bytes) {
    pair.alpha.await(
        bytes + " written bytes", s -> s.getCounters().getWrittenBytes() >= bytes, Pair.SOON);
  }

  @RepeatedTest(3)
  void shouldHaveEveryAcknowledgedWriteWhenThePrimaryIsKilled() throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(500);
      pair.alpha.kill();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(200);
      recorder.stop().verify(pair.beta);
    }
  }

  @Test
  void shouldHaveEveryAcknowledgedWriteWhenEachNodeIsKilledInTurn() throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(200);
      pair.alpha.kill();
      Pair.takeOver(pair.beta);
      recorder.awaitMore(200);
      pair.alpha.start();
      pair.awaitBothUpToDate(pair.beta);
      recorder.awaitMore(200);
      pair.beta.kill();
      Pair.takeOver(pair.alpha);
      recorder.awaitMore(200);
      pair.beta.start();
      pair.awaitBothUpToDate(pair.alpha);
      recorder.stop().verify(pair.alpha);
    }
  }

  @Test
  void shouldHaveEveryAcknowledgedWriteWhenTheSecondaryIsKilledAndThenThePrimary()
      throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(200);
      pair.beta.kill();
      pair.alpha.await("a complete lone view", LossTest::isLoneAndComplete, Pair.SOON);
      recorder.awaitMore(200);
      pair.alpha.kill();
      pair.beta.start();
      // What the dead primary acknowledged alone is in its log.
      pair.beta.twinlog("promote", "r0").orFail();
      pair.beta.await("the primary role", Pair::isPrimary, Pair.SOON);
      recorder.awaitMore(200);
      recorder.stop().verify(pair.beta);
    }
  }

  private static boolean isLoneAndComplete(ResourceStatus status) {
    return status.getView().getMembersCount() == 1 && status.getView().getComplete();
  }

  @Test
  void shouldAcknowledgeAndServeNothingWhenAPausedPrimaryWakesUpAfterATakeover() throws Exception {
    try (NbdClient old = NbdClient.open(pair.alpha, 60_000)) {
      old.write(0, Blocks.content(0, 1, 1));
      pair.alpha.pause();
      Thread late = new Thread(() -> assertUnanswered(old), "late-write");
      late.start();
      Pair.takeOver(pair.beta);
      try (NbdClient current = NbdClient.open(pair.beta, 60_000)) {
        current.write(0, Blocks.content(0, 1, 3));

        pair.alpha.resume();

        late.join(Duration.ofSeconds(60).toMillis());
        assertEquals(Thread.State.TERMINATED, late.getState(), "the old client still waits");
        assertEquals(null, lateFailure, "the old primary answered");
        pair.awaitBothUpToDate(pair.beta);
        assertThrows(IOException.class, () -> NbdClient.open(pair.alpha, 10_000).close());
        // The write that waited in the old primary's socket was not executed later, either.
        assertEquals(true, Blocks.is(current.read(0, Blocks.BYTES), 0, 0, 3));
      }
    }
  }

  private volatile Throwable lateFailure;

  /** The connection ends without an answer. */
  private void assertUnanswered(NbdClient client) {
    try {
      assertThrows(IOException.class, () -> client.write(0, Blocks.content(0, 1, 2)));
    } catch (Throwable e) {
      lateFailure = e;
    }
  }

  @Test
  void shouldHaveEveryAcknowledgedWriteWhenThePrimaryIsPausedUnderLoad() throws Exception {
    try (Recorder recorder = Recorder.start(pair)) {
      recorder.awaitMore(300);
      pair.alpha.pause();
      Pair.takeOver(pair.beta);
      pair.alpha.resume();
      recorder.awaitMore(300);
      pair.awaitBothUpToDate(pair.beta);
      recorder.stop().verify(pair.beta);
    }
  }
}
