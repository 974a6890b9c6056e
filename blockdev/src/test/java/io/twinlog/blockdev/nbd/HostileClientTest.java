package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What has broken NBD servers before; the numbers are those of the published weaknesses. */
class HostileClientTest {

  private static final String OPTION = "'IHAVEOPT'";

  /** CVE-2022-26495: a name length that overflows when something is added to it. */
  @ParameterizedTest
  @ValueSource(strings = {"00000006", "00000007", "00000009", "0000000a"})
  void shouldCallOptionInvalidWhenNameLengthOverflows(String option) {
    for (String length :
        new String[] {"ffffffff", "fffffffe", "80000000", "7fffffff", "00001001"}) {
      try (EmbeddedClient client = EmbeddedClient.greeted()) {
        client.send(OPTION + "00000008 00000000");
        client.receive();
        client.send(OPTION + option + "00000008" + length + "41414141");
        expectError(client, option, "80000003");
        client.expectOpen();
      }
    }
  }

  /** CVE-2022-26496, CVE-2017-15118: a name longer than a buffer made for names. */
  @Test
  void shouldCallGoInvalidWhenNameIsLongerThanAnyName() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      String name = Wire.repeat("41", 4097);
      client.send(OPTION + "00000007 00001007 00001001" + name + "0000");
      expectError(client, "00000007", "80000003");
    }
  }

  @Test
  void shouldSayUnknownWhenNameIsAsLongAsNamesMayBe() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      String name = Wire.repeat("41", 4096);
      client.send(OPTION + "00000007 00001006 00001000" + name + "0000");
      expectError(client, "00000007", "80000006");
    }
  }

  @Test
  void shouldCloseWhenExportNameIsLongerThanAnyName() {
    expectClosed(OPTION + "00000001 00001001");
    expectClosed(OPTION + "00000001 ffffffff");
  }

  /** CVE-2017-15119: gigabytes of data for one option. */
  @ParameterizedTest
  @ValueSource(strings = {"00000002", "00000003", "00000005", "00000007", "0000000a", "12345678"})
  void shouldCloseWhenOptionHasGigabytes(String option) {
    expectClosed(OPTION + option + "ffffffff");
    expectClosed(OPTION + option + "00100001");
  }

  @Test
  void shouldPassOverWithoutKeepingWhenKnownOptionIsTooLong() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000007 00100000");
      byte[] piece = new byte[1 << 16];
      for (int i = 0; i < 16; i++) {
        assertEquals(0, client.receive().length);
        client.send(piece);
        assertTrue(client.pinnedBytes() < 1 << 17);
      }
      expectError(client, "00000007", "80000009");
      client.exportName();
    }
  }

  /** CVE-2017-9524, CVE-2017-7539: a client that leaves in the middle of the handshake. */
  @Test
  void shouldReleaseEverythingWhenClientLeavesDuringHandshake() {
    for (int bytes = 0; bytes < 30; bytes++) {
      try (EmbeddedClient client = new EmbeddedClient()) {
        client.send(new byte[bytes]);
      }
    }
  }

  /** CVE-2019-14850: a flood of cheap options. */
  @Test
  void shouldCloseWhenClientNeverStopsNegotiating() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      for (int i = 0; i < 128; i++) {
        client.send(OPTION + "00000003 00000000");
        client.expectOpen();
      }
      client.receive();
      client.send(OPTION + "00000003 00000000");
      client.expectClosed();
    }
  }

  /** CVE-2019-14851: transmission begins in an odd order, or twice. */
  @Test
  void shouldCloseWhenOptionsGoOnAfterTransmissionBegan() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send(OPTION + "00000008 00000000" + OPTION + "00000007 00000006 00000000 0000");
      client.expectClosed();
      assertEquals(0, client.receive().length);
    }
  }

  /** CVE-2021-3716: what was negotiated before a refused STARTTLS; here TLS never begins. */
  @Test
  void shouldStayInPlainTextWhenTlsIsRefused() {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(OPTION + "00000005 00000000" + OPTION + "00000008 00000000");
      String reply = Wire.hex(client.receive());
      assertTrue(reply.startsWith("0003e889045565a90000000580000001"), reply);
      assertTrue(reply.endsWith("0003e889045565a9000000080000000100000000"), reply);
    }
  }

  @Test
  void shouldCallContextQueryInvalidWhenItIsMalformed() {
    for (String data :
        new String[] {
          "00000002 'r0'", // no number of queries
          "00000002 'r0' 00000001", // no query
          "00000002 'r0' ffffffff 00000003 'a:b'", // four thousand million queries
          "00000002 'r0' 00000001 ffffffff 'a:b'", // a query without end
          "00000002 'r0' 00000001 00000003 'a:b' 00", // too much
          "00000002 'r0' 00000001 00000003 'abc'", // no namespace
          "00000002 'r0' 00000001 00000003 ':bc'", // an empty one
          "0000"
        }) {
      try (EmbeddedClient client = EmbeddedClient.greeted()) {
        client.send(OPTION + "00000008 00000000");
        client.receive();
        String length = String.format("%08x", Wire.bytes(data).length);
        client.send(OPTION + "0000000a" + length + data);
        expectError(client, "0000000a", "80000003");
      }
    }
  }

  @Test
  void shouldCallGoInvalidWhenRequestsDoNotFit() {
    for (String data :
        new String[] {
          "", "0000", "00000000", "00000000 0001", "00000000 0000 00", "00000000 ffff 0000"
        }) {
      try (EmbeddedClient client = EmbeddedClient.greeted()) {
        String length = String.format("%08x", Wire.bytes(data).length);
        client.send(OPTION + "00000007" + length + data);
        expectError(client, "00000007", "80000003");
      }
    }
  }

  @Test
  void shouldRefuseWithoutAllocatingWhenRequestIsOversized() {
    try (EmbeddedClient client = new EmbeddedClient()) {
      client.greet();
      client.exportName();
      client.send("25609513 0000 0000 0000000000000001 0000000000000000 ffffffff");
      client.expect("67446698 00000016 0000000000000001");
      // A WRITE of 4 GiB: its bytes are dropped as they come.
      client.send("25609513 0000 0001 0000000000000002 0000000000000000 ffffffff");
      for (int i = 0; i < 64; i++) {
        client.send(new byte[1 << 16]);
      }
      assertEquals(0, client.pinnedBytes());
      assertEquals(0, client.budget().usedBytes());
      client.expectOpen();
    }
  }

  private static void expectClosed(String text) {
    try (EmbeddedClient client = EmbeddedClient.greeted()) {
      client.send(text);
      client.expectClosed();
      assertEquals(0, client.receive().length);
    }
  }

  private static void expectError(EmbeddedClient client, String option, String error) {
    String reply = Wire.hex(client.receive());
    assertEquals("0003e889045565a9" + option + error, reply.substring(0, 32));
    int textBytes = Integer.parseInt(reply.substring(32, 40), 16);
    assertEquals(40 + 2 * textBytes, reply.length());
  }
}
