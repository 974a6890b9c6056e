package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Failover is never an error reply: the connection just closes. */
class RoleChangeTest {

  private static final String WRITE =
      "25609513 0000 0001 0000000000000001 0000000000000000 00000001 'a'";

  @Test
  void shouldCloseWithoutReplyWhenRequestsAreDropped() {
    try (EmbeddedClient client = EmbeddedClient.structured()) {
      client.service().hold();
      client.send(WRITE + WRITE);
      client.service().leavePrimary();
      client.expect("");
      client.expectClosed();
    }
  }

  @Test
  void shouldCloseWhenIdleAndRoleIsLeft() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().leavePrimary();
      client.expect("");
      client.expectClosed();
    }
  }

  @Test
  void shouldSayNothingWhenRequestCompletesAfterRoleWasLeft() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().hold();
      client.send(WRITE + "25609513 0000 0000 0000000000000002 0000000000000000 00010000");
      client.service().announceLeaving();
      client.service().answerHeld();
      client.expect("");
      client.expectClosed();
    }
  }

  @Test
  void shouldDiscardRepliesWhenTheyAreNotYetWritten() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().hold();
      client.send(WRITE + "25609513 0000 0000 0000000000000002 0000000000000000 00001000");
      client.service().answerHeld();
      client.service().leavePrimary();
      client.expect("");
      client.expectClosed();
    }
  }

  @Test
  void shouldDropHalfReceivedPayloadWhenRoleIsLeft() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send("25609513 0000 0001 0000000000000001 0000000000000000 00010000 'begin'");
      assertEquals(0x10000, client.budget().usedBytes());
      client.service().leavePrimary();
      client.expectClosed();
      assertEquals(0, client.service().submitted());
    }
  }
}
