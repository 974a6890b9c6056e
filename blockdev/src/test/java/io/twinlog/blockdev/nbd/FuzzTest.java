package io.twinlog.blockdev.nbd;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random bytes, and conversations with random damage: nothing is thrown, nothing leaks (closing the
 * client checks both). A seed that has found a fault stays in the list.
 */
class FuzzTest {

  private static final int ROUNDS = 300;

  private static final String[] OPTIONS = {
    "'IHAVEOPT' 00000008 00000000",
    "'IHAVEOPT' 00000003 00000000",
    "'IHAVEOPT' 00000005 00000000",
    "'IHAVEOPT' 00000006 0000000a 00000002 'r0' 0001 0003",
    "'IHAVEOPT' 00000009 0000000a 00000002 'r0' 00000000",
    "'IHAVEOPT' 0000000a 0000001d 00000002 'r0' 00000001 0000000f 'base:allocation'",
  };

  private static final String[] ENTRIES = {
    "'IHAVEOPT' 00000001 00000000", "'IHAVEOPT' 00000007 00000008 00000002 'r0' 0000",
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void shouldSurviveWhenBytesAreRandom(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      try (EmbeddedClient client =
          random.nextBoolean() ? EmbeddedClient.simple() : new EmbeddedClient()) {
        byte[] bytes = new byte[random.nextInt(400)];
        random.nextBytes(bytes);
        client.sendInPieces(bytes, 1 + random.nextInt(100));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void shouldSurviveWhenConversationsAreDamaged(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      try (EmbeddedClient client = new EmbeddedClient()) {
        if (random.nextInt(4) == 0) {
          client.service().hold();
        }
        byte[] bytes = conversation(random);
        for (int flips = random.nextInt(3); flips > 0; flips--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        client.sendInPieces(bytes, 1 + random.nextInt(bytes.length + 1));
        if (random.nextInt(8) == 0) {
          client.service().leavePrimary();
        }
        client.receive();
      }
    }
  }

  private static byte[] conversation(Random random) {
    StringBuilder text = new StringBuilder(EmbeddedClient.CLIENT_FLAGS);
    for (int options = random.nextInt(5); options > 0; options--) {
      text.append(OPTIONS[random.nextInt(OPTIONS.length)]);
    }
    text.append(ENTRIES[random.nextInt(ENTRIES.length)]);
    for (int requests = random.nextInt(12); requests > 0; requests--) {
      int command = random.nextInt(9);
      int length = random.nextInt(200);
      long offset = random.nextInt(EmbeddedClient.SIZE_BYTES);
      text.append(
          String.format(
              "25609513 %04x %04x %016x %016x %08x",
              random.nextInt(4) == 0 ? random.nextInt(32) : 0,
              command,
              random.nextLong(),
              offset,
              length));
      if (command == Transmission.CMD_WRITE) {
        text.append(Wire.repeat("5a", length));
      }
    }
    return Wire.bytes(text.toString());
  }
}
