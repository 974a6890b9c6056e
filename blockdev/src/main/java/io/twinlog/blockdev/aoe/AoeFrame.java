package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Config;
import io.twinlog.blockdev.aoe.AoeMessage.Mask;
import io.twinlog.blockdev.aoe.AoeMessage.MaskEntry;
import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import io.twinlog.blockdev.aoe.AoeMessage.Unknown;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One frame, header and message. What it says of itself is checked against what is there before it
 * is used; whether it makes sense is for whom it reaches to judge.
 */
record AoeFrame(AoeHeader header, AoeMessage message) {

  /**
   * Reads the remaining bytes of the buffer, whose position does not move; data and unknown bodies
   * are views of it.
   *
   * @throws MalformedFrameException when it is cut short, or too long for what it says
   */
  static AoeFrame decode(ByteBuffer frame) throws MalformedFrameException {
    ByteBuffer from = frame.duplicate();
    return decode(AoeHeader.get(from), from);
  }

  /** Reads what follows a header; as {@link #decode(ByteBuffer)}. */
  static AoeFrame decode(AoeHeader header, ByteBuffer from) throws MalformedFrameException {
    // Whoever refuses a version returns what it could not read.
    if (header.version() != AoeHeader.VERSION || header.error() == AoeError.BAD_VERSION) {
      return new AoeFrame(header, new Unknown(header.command(), from));
    }
    AoeMessage message =
        switch (header.command()) {
          case AoeHeader.COMMAND_ATA -> ata(from);
          case AoeHeader.COMMAND_CONFIG -> config(from);
          case AoeHeader.COMMAND_MASK -> mask(from);
          case AoeHeader.COMMAND_RESERVE -> reserve(from);
          default -> new Unknown(header.command(), from);
        };
    return new AoeFrame(header, message);
  }

  private static Ata ata(ByteBuffer from) throws MalformedFrameException {
    need(from, Ata.FIXED_BYTES);
    int flags = from.get() & 0xff;
    int feature = from.get() & 0xff;
    int sectors = from.get() & 0xff;
    int operation = from.get() & 0xff;
    long lba = 0;
    for (int shift = 0; shift < 48; shift += 8) {
      lba |= (from.get() & 0xffL) << shift;
    }
    from.getShort();
    return new Ata(flags, feature, sectors, operation, lba, from);
  }

  private static Config config(ByteBuffer from) throws MalformedFrameException {
    need(from, 8);
    int buffers = from.getShort() & 0xffff;
    int firmware = from.getShort() & 0xffff;
    int sectors = from.get() & 0xff;
    int code = from.get() & 0xf;
    int length = from.getShort() & 0xffff;
    if (length > Config.LONGEST_STRING_BYTES) {
      throw MalformedFrameException.of("a config string of more than 1024 bytes");
    }
    need(from, length);
    byte[] string = new byte[length];
    from.get(string);
    return new Config(
        buffers, firmware, sectors, code, new String(string, StandardCharsets.ISO_8859_1));
  }

  private static Mask mask(ByteBuffer from) throws MalformedFrameException {
    need(from, 4);
    from.get();
    int code = from.get() & 0xff;
    int error = from.get() & 0xff;
    int count = from.get() & 0xff;
    // With an error the count is that directive's place, and no directives follow.
    int entries = error == 0 ? count : 0;
    need(from, entries * 8);
    List<MaskEntry> list = new ArrayList<>(entries);
    for (int i = 0; i < entries; i++) {
      from.get();
      list.add(new MaskEntry(from.get() & 0xff, MacAddress.get(from)));
    }
    return new Mask(code, error, count, list);
  }

  private static Reserve reserve(ByteBuffer from) throws MalformedFrameException {
    need(from, 2);
    int code = from.get() & 0xff;
    int count = from.get() & 0xff;
    need(from, count * MacAddress.BYTES);
    List<MacAddress> macs = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      macs.add(MacAddress.get(from));
    }
    return new Reserve(code, macs);
  }

  private static void need(ByteBuffer from, int bytes) throws MalformedFrameException {
    if (from.remaining() < bytes) {
      throw MalformedFrameException.of("cut short");
    }
  }

  /** Appends the frame, with zeros up to the shortest that Ethernet sends. */
  void put(ByteBuffer to) {
    int begin = to.position();
    header.put(to);
    message.put(to);
    while (to.position() - begin < AoeHeader.SHORTEST_FRAME_BYTES) {
      to.put((byte) 0);
    }
  }
}
