package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerAddressTest {

  @ParameterizedTest
  @ValueSource(strings = {"10.0.0.1:7788", "node-b.example:1", "[::1]:65535", "localhost:0"})
  void shouldPrintWhatItReadWhenTheAddressIsGood(String text) {
    assertEquals(text, PeerAddress.parse(text).toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":1", "host", "host:", "host:x", "host:65536", "::1:7788", "h:-1", "[]:1"})
  void shouldRefuseWhenTheAddressIsBad(String text) {
    assertThrows(IllegalArgumentException.class, () -> PeerAddress.parse(text));
  }

  @Test
  void shouldKeepTheSecretToItselfWhenPrinted() {
    assertEquals("(secret)", new Secret(new byte[] {65, 66}).toString());
    assertThrows(IllegalArgumentException.class, () -> new Secret(new byte[0]));
  }
}
