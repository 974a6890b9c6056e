package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Unknown;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The codec against bytes typed from AoEr11, every truncation, and damage. */
class AoeFrameTest {

  @ParameterizedTest
  @EnumSource(Golden.class)
  void shouldReadAndWriteTheSpecifiedBytes(Golden golden) throws Exception {
    byte[] wire = golden.wire();
    AoeFrame decoded = AoeFrame.decode(ByteBuffer.wrap(wire));
    assertEquals(golden.frame(), withDataCopied(decoded, golden.frame()));
    assertArrayEquals(wire, bytes(golden.frame()));
  }

  @ParameterizedTest
  @EnumSource(Golden.class)
  void shouldRefuseEveryTruncationThatCutsTheMessage(Golden golden) {
    byte[] wire = golden.wire();
    boolean hasBody =
        golden.frame().message() instanceof Ata || golden.frame().message() instanceof Unknown;
    int fixed =
        hasBody
            ? golden.frame().message() instanceof Ata ? 36 : 24
            : 24 + golden.frame().message().lengthBytes();
    for (int length = 0; length < wire.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(wire, 0, length);
      if (length < fixed) {
        assertThrows(MalformedFrameException.class, () -> AoeFrame.decode(cut));
      } else {
        AoeFrame whole = assertDecodes(cut);
        // Data and padding cannot be told apart here: who uses data checks that there is enough.
        assertEquals(golden.frame().header(), whole.header());
      }
    }
  }

  private static AoeFrame assertDecodes(ByteBuffer frame) {
    try {
      return AoeFrame.decode(frame);
    } catch (MalformedFrameException e) {
      throw new AssertionError("not decoded: " + frame, e);
    }
  }

  @Test
  void shouldReadBackWhatItWroteWhenValuesAreRandom() throws Exception {
    Random random = new Random(7);
    for (int round = 0; round < 20_000; round++) {
      AoeFrame frame = RandomFrames.next(random);
      AoeFrame read = AoeFrame.decode(ByteBuffer.wrap(bytes(frame)));
      if (frame.header().error() == AoeError.BAD_VERSION) {
        // What follows is whatever could not be read.
        assertInstanceOf(AoeMessage.Unknown.class, read.message());
      } else {
        assertEquals(frame, withDataCopied(read, frame));
      }
    }
  }

  @Test
  void shouldOnlyRefuseWhenFramesAreDamaged() {
    Random random = new Random(8);
    long rounds = Long.getLong("twinlog.aoe.frames", 50_000);
    long refused = 0;
    for (long round = 0; round < rounds; round++) {
      byte[] wire = RandomFrames.damaged(random);
      try {
        AoeFrame frame = AoeFrame.decode(ByteBuffer.wrap(wire));
        // What was accepted is within its bounds: writing it again takes no more than was there.
        assertTrue(24 + frame.message().lengthBytes() <= wire.length);
      } catch (MalformedFrameException e) {
        refused++;
      }
    }
    assertTrue(refused > 0 && refused < rounds, () -> "of " + rounds + " refused");
  }

  @Test
  void shouldSayWhatIsWrongWhenAnAddressIsNone() {
    assertEquals(new AoeAddress(65534, 254), AoeAddress.parse("65534.254"));
    for (String text : new String[] {"", "7", "7.", "65535.0", "7.255", "-1.0", "7.0.0", "a.b"}) {
      assertThrows(IllegalArgumentException.class, () -> AoeAddress.parse(text), text);
    }
    assertEquals("02:00:5e:10:00:01", MacAddress.parse("02:00:5E:10:00:01").toString());
    for (String text : new String[] {"", "02:00:5e:10:00", "02005e100001", "02:00:5e:10:00:0g"}) {
      assertThrows(IllegalArgumentException.class, () -> MacAddress.parse(text), text);
    }
  }

  @Test
  void shouldCoverATargetWhenAnAddressIsAWildcard() {
    AoeAddress target = new AoeAddress(7, 3);
    assertTrue(new AoeAddress(7, 3).covers(target));
    assertTrue(new AoeAddress(0xffff, 3).covers(target));
    assertTrue(new AoeAddress(7, 0xff).covers(target));
    assertTrue(!new AoeAddress(8, 0xff).covers(target));
    assertTrue(!new AoeAddress(7, 4).covers(target));
  }

  static byte[] bytes(AoeFrame frame) {
    ByteBuffer buffer = ByteBuffer.allocate(RandomFrames.LONGEST_BYTES);
    frame.put(buffer);
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  /** Cuts padding off the data and bodies. */
  private static AoeFrame withDataCopied(AoeFrame read, AoeFrame like) {
    AoeMessage message = read.message();
    if (message instanceof Ata ata && like.message() instanceof Ata other) {
      ByteBuffer data = ata.data().slice().limit(other.data().remaining());
      message =
          new Ata(ata.flags(), ata.feature(), ata.sectors(), ata.operation(), ata.lba(), data);
    } else if (message instanceof Unknown unknown && like.message() instanceof Unknown other) {
      message =
          new Unknown(unknown.command(), unknown.body().slice().limit(other.body().remaining()));
    }
    return new AoeFrame(read.header(), message);
  }
}
