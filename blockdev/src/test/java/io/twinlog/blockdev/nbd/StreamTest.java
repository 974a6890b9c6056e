package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same bytes, however the network cuts them. */
class StreamTest {

  private static final byte[] CONVERSATION =
      Wire.bytes(
          EmbeddedClient.CLIENT_FLAGS
              + "'IHAVEOPT' 00000005 00000000"
              + "'IHAVEOPT' 00000003 00000000"
              + "'IHAVEOPT' 00000008 00000000"
              + "'IHAVEOPT' 0000000a 0000001d 00000002 'r0' 00000001 0000000f 'base:allocation'"
              + "'IHAVEOPT' 00000007 0000000e 00000002 'r0' 0003 0001 0002 0003"
              + "25609513 0000 0001 0000000000000001 0000000000000000 00000005 'hello'"
              + "25609513 0001 0001 0000000000000002 0000000000000003 00000005 'world'"
              + "25609513 0000 0001 0000000000000003 00000000000fffff 00000005 'abcde'"
              + "25609513 0000 0003 0000000000000004 0000000000000000 00000000"
              + "25609513 0000 0007 0000000000000005 0000000000000000 00100000"
              + "25609513 0000 0000 0000000000000006 0000000000000000 0000000a"
              + "25609513 0000 0002 0000000000000007 0000000000000000 00000000");

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 27, 28, 29, 64})
  void shouldAnswerTheSameWhenBytesComeInPieces(int pieceBytes) {
    byte[] expected = answerInOneRead();
    try (EmbeddedClient client = new EmbeddedClient()) {
      client.sendInPieces(CONVERSATION, pieceBytes);
      assertArrayEquals(expected, client.receive());
      client.expectClosed();
    }
  }

  @Test
  void shouldAnswerWhatIsCompleteWhenConversationBreaksOffAnywhere() {
    byte[] expected = answerInOneRead();
    for (int length = 0; length < CONVERSATION.length; length++) {
      try (EmbeddedClient client = new EmbeddedClient()) {
        client.send(Arrays.copyOf(CONVERSATION, length));
        byte[] answer = client.receive();
        assertArrayEquals(Arrays.copyOf(expected, answer.length), answer);
      }
    }
  }

  @Test
  void shouldWriteNothingWhenPayloadBreaksOff() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send("25609513 0000 0001 0000000000000001 0000000000000000 00000005 'hell'");
      var unused = client.channel().close();
      assertEquals(0, client.service().submitted());
      assertEquals(0, client.budget().usedBytes());
    }
  }

  @Test
  void shouldGatherGreatPayloadWhenItComesInOddPieces() {
    Random random = new Random(5);
    byte[] payload = new byte[EmbeddedClient.SIZE_BYTES];
    random.nextBytes(payload);
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send("25609513 0000 0001 0000000000000001 0000000000000000 00100000");
      client.sendInPieces(payload, 65_521);
      client.expect("67446698 00000000 0000000000000001");
      byte[] stored = new byte[payload.length];
      client.service().ram().read(0, ByteBuffer.wrap(stored));
      assertArrayEquals(payload, stored);
    }
  }

  private static byte[] answerInOneRead() {
    try (EmbeddedClient client = new EmbeddedClient()) {
      client.send(CONVERSATION);
      byte[] answer = client.receive();
      client.expectClosed();
      return answer;
    }
  }
}
