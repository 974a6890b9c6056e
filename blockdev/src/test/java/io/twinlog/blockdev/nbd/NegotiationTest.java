package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The handshake, byte for byte as {@code doc/proto.md} has it: sections "Newstyle negotiation",
 * "Fixed newstyle negotiation", "Option types" and "Option reply types".
 */
class NegotiationTest {

  private static final String OPTION = "'IHAVEOPT'";
  private static final String REPLY = "0003e889045565a9";
  private static final String SIZE = "0000000000100000";

  /** HAS_FLAGS, FLUSH, FUA, TRIM, WRITE_ZEROES, CAN_MULTI_CONN, CACHE, FAST_ZERO. */
  private static final String FLAGS = "0d6d";

  /** The same and SEND_DF. */
  private static final String STRUCTURED_FLAGS = "0ded";

  @Test
  void shouldGreetWhenClientConnects() {
    try (EmbeddedClient client = new EmbeddedClient()) {
      client.expect("'NBDMAGIC' 'IHAVEOPT' 0003");
    }
  }

  @Test
  void shouldEnterTransmissionWhenExportIsNamed() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000001 00000002 'r0'");
      client.expect(SIZE + FLAGS);
      client.expectOpen();
    }
  }

  @Test
  void shouldPadExportNameReplyWhenClientWantsZeroes() {
    try (EmbeddedClient client = new EmbeddedClient()) {
      client.receive();
      client.send("00000001" + OPTION + "00000001 00000000");
      client.expect(SIZE + FLAGS + Wire.repeat("00", 124));
    }
  }

  @Test
  void shouldEnterTransmissionWhenNonfixedClientNamesExport() {
    try (EmbeddedClient client = new EmbeddedClient()) {
      client.receive();
      client.send("00000000" + OPTION + "00000001 00000002 'r0'");
      client.expect(SIZE + FLAGS + Wire.repeat("00", 124));
    }
  }

  @Test
  void shouldCloseWhenNonfixedClientSendsAnotherOption() {
    try (EmbeddedClient client = new EmbeddedClient()) {
      client.receive();
      client.send("00000000" + OPTION + "00000003 00000000");
      client.expectClosed();
    }
  }

  @Test
  void shouldCloseWhenClientFlagIsUnknown() {
    try (EmbeddedClient client = new EmbeddedClient()) {
      client.receive();
      client.send("00000007");
      client.expectClosed();
    }
  }

  @Test
  void shouldCloseWhenNamedExportDoesNotExist() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000001 00000002 'r9'");
      client.expectClosed();
      assertEquals(0, client.receive().length);
    }
  }

  @Test
  void shouldCloseWhenNamedExportIsNotPrimary() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.service().leavePrimary();
      client.send(OPTION + "00000001 00000002 'r0'");
      client.expectClosed();
      assertEquals(0, client.receive().length);
    }
  }

  @Test
  void shouldAcknowledgeAndCloseWhenClientAborts() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000002 00000000");
      client.expect(REPLY + "00000002 00000001 00000000");
      client.expectClosed();
    }
  }

  @Test
  void shouldListEveryExportWhenAsked() {
    try (EmbeddedClient client = new EmbeddedClient(NbdLimits.DEFAULT, 1 << 20, "r0", "log1")) {
      client.greet();
      client.send(OPTION + "00000003 00000000");
      client.expect(
          REPLY
              + "00000003 00000002 0000000c 00000002 'r0' 'the r0'"
              + REPLY
              + "00000003 00000002 00000010 00000004 'log1' 'the log1'"
              + REPLY
              + "00000003 00000001 00000000");
    }
  }

  @Test
  void shouldCallListInvalidWhenItHasData() {
    expectInvalid("00000003", "00");
  }

  @Test
  void shouldAcknowledgeStructuredRepliesWhenAsked() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000008 00000000");
      client.expect(REPLY + "00000008 00000001 00000000");
    }
  }

  @Test
  void shouldCallStructuredReplyInvalidWhenItHasData() {
    expectInvalid("00000008", "00");
  }

  @Test
  void shouldGiveExportInfoOnlyWhenNothingIsRequested() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000006 00000008 00000002 'r0' 0000");
      client.expect(
          REPLY
              + "00000006 00000003 0000000c 0000"
              + SIZE
              + FLAGS
              + REPLY
              + "00000006 00000001 00000000");
    }
  }

  @Test
  void shouldGiveAllKnownInfoWhenRequested() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000008 00000000");
      client.receive();
      // Name, description, block size, and one that does not exist.
      client.send(OPTION + "00000006 00000010 00000002 'r0' 0004 0001 0002 0003 4242");
      client.expect(
          REPLY
              + "00000006 00000003 0000000c 0000"
              + SIZE
              + STRUCTURED_FLAGS
              + REPLY
              + "00000006 00000003 00000004 0001 'r0'"
              + REPLY
              + "00000006 00000003 00000008 0002 'the r0'"
              + REPLY
              + "00000006 00000003 0000000e 0003 00000001 00001000 02000000"
              + REPLY
              + "00000006 00000001 00000000");
    }
  }

  @Test
  void shouldStayInHandshakeWhenInfoWasAnsweredAndServeWhenGoIs() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000006 00000006 00000000 0000");
      client.receive();
      client.send(OPTION + "00000007 00000006 00000000 0000");
      client.expect(
          REPLY
              + "00000007 00000003 0000000c 0000"
              + SIZE
              + FLAGS
              + REPLY
              + "00000007 00000001 00000000");
      client.send("25609513 0000 0003 0000000000000001 0000000000000000 00000000");
      client.expect("67446698 00000000 0000000000000001");
    }
  }

  @Test
  void shouldServeTheOnlyExportWhenNameIsEmpty() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000001 00000000");
      client.expect(SIZE + FLAGS);
    }
  }

  @Test
  void shouldNameTheChoicesWhenEmptyNameIsAmbiguous() {
    try (EmbeddedClient client = new EmbeddedClient(NbdLimits.DEFAULT, 1 << 20, "r0", "r1")) {
      client.greet();
      client.send(OPTION + "00000007 00000006 00000000 0000");
      client.expect(REPLY + "00000007 80000006 00000020 'no such export; there is: r0, r1'");
      client.expectOpen();
    }
  }

  @Test
  void shouldSayUnknownWhenExportDoesNotExist() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000007 00000008 00000002 'r9' 0000");
      client.expect(REPLY + "00000007 80000006 0000001c 'no such export; there is: r0'");
      client.expectOpen();
    }
  }

  @Test
  void shouldRefuseByPolicyWithReasonWhenNotPrimary() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.service().leavePrimary();
      client.send(OPTION + "00000006 00000008 00000002 'r0' 0000");
      client.expect(REPLY + "00000006 80000002 00000025 'not primary here; the primary is beta'");
      client.send(OPTION + "00000007 00000008 00000002 'r0' 0000");
      client.expect(REPLY + "00000007 80000002 00000025 'not primary here; the primary is beta'");
      client.service().becomePrimary();
      client.send(OPTION + "00000007 00000008 00000002 'r0' 0000");
      client.expect(
          REPLY
              + "00000007 00000003 0000000c 0000"
              + SIZE
              + FLAGS
              + REPLY
              + "00000007 00000001 00000000");
    }
  }

  @Test
  void shouldSayUnsupportedAndConsumeDataWhenOptionIsNotKnown() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      // PEEK_EXPORT, STARTTLS, EXTENDED_HEADERS and one nobody has.
      for (String option : new String[] {"00000004", "00000005", "0000000b", "7fffffff"}) {
        client.send(OPTION + option + "00000003 'xyz'");
        client.expect(REPLY + option + "80000001 00000014 'option not supported'");
      }
      client.exportName();
    }
  }

  @Test
  void shouldListContextsWhenStructuredRepliesAreNegotiated() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000008 00000000");
      client.receive();
      String all = "00000009 0000000a 00000002 'r0' 00000000";
      String namespace = "00000009 00000013 00000002 'r0' 00000001 00000005 'base:'";
      String exact = "00000009 0000001d 00000002 'r0' 00000001 0000000f 'base:allocation'";
      for (String query : new String[] {all, namespace, exact}) {
        client.send(OPTION + query);
        client.expect(
            REPLY
                + "00000009 00000004 00000013 00000000 'base:allocation'"
                + REPLY
                + "00000009 00000001 00000000");
      }
      client.send(OPTION + "00000009 00000013 00000002 'r0' 00000001 00000005 'x-y:z'");
      client.expect(REPLY + "00000009 00000001 00000000");
    }
  }

  @Test
  void shouldSelectContextWhenQueryNamesIt() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000008 00000000");
      client.receive();
      client.send(OPTION + "0000000a 0000001d 00000002 'r0' 00000001 0000000f 'base:allocation'");
      client.expect(
          REPLY
              + "0000000a 00000004 00000013 00000001 'base:allocation'"
              + REPLY
              + "0000000a 00000001 00000000");
      // A namespace alone selects nothing, and replaces what was selected.
      client.send(OPTION + "0000000a 00000013 00000002 'r0' 00000001 00000005 'base:'");
      client.expect(REPLY + "0000000a 00000001 00000000");
    }
  }

  @Test
  void shouldCallContextOptionsInvalidWhenRepliesAreNotStructured() {
    expectInvalid("00000009", "00000002 'r0' 00000000");
    expectInvalid("0000000a", "00000002 'r0' 00000000");
  }

  @Test
  void shouldSayUnknownWhenContextsOfNoExportAreQueried() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000008 00000000");
      client.receive();
      client.send(OPTION + "0000000a 0000000a 00000002 'r9' 00000000");
      client.expect(REPLY + "0000000a 80000006 0000001c 'no such export; there is: r0'");
    }
  }

  @Test
  void shouldForgetContextWhenItWasSelectedForAnotherExport() {
    try (EmbeddedClient client = new EmbeddedClient(NbdLimits.DEFAULT, 1 << 20, "r0", "r1")) {
      client.greet();
      client.send(OPTION + "00000008 00000000");
      client.send(OPTION + "0000000a 0000001d 00000002 'r1' 00000001 0000000f 'base:allocation'");
      client.send(OPTION + "00000007 00000008 00000002 'r0' 0000");
      client.receive();
      client.send("25609513 0000 0007 0000000000000001 0000000000000000 00001000");
      // An error chunk with EINVAL.
      String reply = Wire.hex(client.receive());
      assertEquals("668e33ef00018001", reply.substring(0, 16));
      assertEquals("00000016", reply.substring(40, 48));
    }
  }

  @Test
  void shouldCloseWhenClientDoesNotGoOn() {
    NbdLimits limits =
        new NbdLimits(1, 1, 32 << 20, Duration.ofSeconds(10), Duration.ofSeconds(10));
    try (EmbeddedClient client = new EmbeddedClient(limits, 1 << 20, "r0")) {
      client.channel().freezeTime();
      client.greet();
      client.channel().advanceTimeBy(9, TimeUnit.SECONDS);
      client.channel().runScheduledPendingTasks();
      client.send(OPTION + "00000008 00000000");
      client.send("'IHAVE'");
      client.channel().advanceTimeBy(9, TimeUnit.SECONDS);
      client.channel().runScheduledPendingTasks();
      client.expectOpen();
      client.send("'OPT'");
      client.channel().advanceTimeBy(1, TimeUnit.SECONDS);
      client.channel().runScheduledPendingTasks();
      client.expectClosed();
    }
  }

  private static void expectInvalid(String option, String data) {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      String length = String.format("%08x", Wire.bytes(data).length);
      client.send(OPTION + option + length + data);
      client.expect(REPLY + option + "80000003 0000001a 'malformed, or out of order'");
      client.expectOpen();
    }
  }
}
