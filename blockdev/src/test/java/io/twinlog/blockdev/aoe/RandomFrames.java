package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Config;
import io.twinlog.blockdev.aoe.AoeMessage.Mask;
import io.twinlog.blockdev.aoe.AoeMessage.MaskEntry;
import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import io.twinlog.blockdev.aoe.AoeMessage.Unknown;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;

/** Frames with random content, whole and damaged. */
final class RandomFrames {

  /** Room for any of them. */
  static final int LONGEST_BYTES = 4096;

  private RandomFrames() {}

  static AoeFrame next(Random random) {
    AoeMessage message = message(random);
    AoeHeader header =
        new AoeHeader(
            mac(random),
            mac(random),
            message instanceof Unknown && random.nextBoolean() ? 2 : AoeHeader.VERSION,
            random.nextBoolean(),
            random.nextInt(4) == 0 ? AoeError.of(1 + random.nextInt(6)) : null,
            new AoeAddress(random.nextInt(0x10000), random.nextInt(0x100)),
            message.command(),
            random.nextInt());
    return new AoeFrame(header, message);
  }

  private static AoeMessage message(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> {
        byte[] data = new byte[random.nextInt(3) * 512];
        random.nextBytes(data);
        yield new Ata(
            random.nextInt(256),
            random.nextInt(256),
            random.nextInt(256),
            random.nextInt(256),
            random.nextLong() >>> 16,
            ByteBuffer.wrap(data));
      }
      case 1 -> {
        byte[] string = new byte[random.nextInt(1025)];
        random.nextBytes(string);
        yield new Config(
            random.nextInt(65536),
            random.nextInt(65536),
            random.nextInt(256),
            random.nextInt(16),
            new String(string, StandardCharsets.ISO_8859_1));
      }
      case 2 -> {
        int entries = random.nextInt(256);
        yield new Mask(
            random.nextInt(256),
            0,
            entries,
            Stream.generate(() -> new MaskEntry(random.nextInt(256), mac(random)))
                .limit(entries)
                .toList());
      }
      case 3 ->
          new Reserve(
              random.nextInt(256),
              Stream.generate(() -> mac(random)).limit(random.nextInt(256)).toList());
      default -> {
        byte[] body = new byte[random.nextInt(100)];
        random.nextBytes(body);
        yield new Unknown(4 + random.nextInt(252), ByteBuffer.wrap(body));
      }
    };
  }

  private static MacAddress mac(Random random) {
    return new MacAddress(random.nextLong() >>> 16);
  }

  /** A frame with bits flipped, bytes replaced, cut short or lengthened, or all of it random. */
  static byte[] damaged(Random random) {
    return damage(random, AoeFrameTest.bytes(next(random)));
  }

  /** Damages a copy of the bytes; sometimes by nothing. */
  static byte[] damage(Random random, byte[] whole) {
    byte[] wire = whole.clone();
    switch (random.nextInt(5)) {
      case 0 -> random.nextBytes(wire);
      case 1 -> wire = Arrays.copyOf(wire, random.nextInt(wire.length + 64));
      default -> {
        for (int flips = random.nextInt(4); flips > 0; flips--) {
          // The first bytes say what all the others are.
          int at = random.nextInt(random.nextBoolean() ? wire.length : Math.min(48, wire.length));
          wire[at] = (byte) (random.nextBoolean() ? random.nextInt() : wire[at] ^ 1 << (at & 7));
        }
      }
    }
    return wire;
  }
}
