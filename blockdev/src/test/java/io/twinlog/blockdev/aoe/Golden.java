package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import io.twinlog.blockdev.aoe.AoeMessage.Config;
import io.twinlog.blockdev.aoe.AoeMessage.Mask;
import io.twinlog.blockdev.aoe.AoeMessage.MaskEntry;
import io.twinlog.blockdev.aoe.AoeMessage.Reserve;
import io.twinlog.blockdev.aoe.AoeMessage.Unknown;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Frames as they are, next to their bytes, typed from AoEr11. */
@SuppressWarnings("ImmutableEnumChecker") // Buffers: each is used through duplicates.
enum Golden {
  QUERY(
      "ffffffffffff 02005e100001 88a2 10 00 ffff ff 01 80000001" + "0000 0000 00 10 0000",
      request(MacAddress.BROADCAST, 0xffff, 0xff, 1, 0x80000001),
      Config.query()),
  QUERY_ANSWER(
      "02005e100001 02005e100002 88a2 18 00 0007 02 01 80000001"
          + "0010 4019 11 10 0005 68656c6c6f",
      answer(null, 7, 2, 1, 0x80000001),
      new Config(16, 0x4019, 17, Config.READ, "hello")),
  CONFIG_TEST("10 00 0007 02 01 00000002 0000 0000 00 11 0002 6162", 1, 2, config(1, "ab")),
  CONFIG_PREFIX("10 00 0007 02 01 00000003 0000 0000 00 12 0001 61", 1, 3, config(2, "a")),
  CONFIG_SET("10 00 0007 02 01 00000004 0000 0000 00 13 0002 6162", 1, 4, config(3, "ab")),
  CONFIG_FORCE_SET("10 00 0007 02 01 00000005 0000 0000 00 14 0002 6162", 1, 5, config(4, "ab")),
  CONFIG_REFUSED(
      "02005e100001 02005e100002 88a2 1c 04 0007 02 01 00000006" + "0010 4019 02 13 0002 6162",
      answer(AoeError.CONFIG_STRING_PRESENT, 7, 2, 1, 6),
      new Config(16, 0x4019, 2, 3, "ab")),
  READ_LBA28(
      "10 00 0007 02 00 00000007 10 00 02 20 785634020000 0000",
      0,
      7,
      new Ata(Ata.FLAG_DEVICE, 0, 2, Ata.READ, 0x02345678L, Ata.NO_DATA)),
  READ_LBA48(
      "10 00 0007 02 00 00000008 40 00 ff 24 bc9a78563412 0000",
      0,
      8,
      new Ata(Ata.FLAG_EXTENDED, 0, 255, Ata.READ_EXTENDED, 0x123456789abcL, Ata.NO_DATA)),
  WRITE_LBA48(
      "10 00 0007 02 00 00000009 43 00 01 34 010000000000 0000" + "5a".repeat(512),
      0,
      9,
      new Ata(0x43, 0, 1, Ata.WRITE_EXTENDED, 1, data(512))),
  READ_ANSWER(
      "02005e100001 02005e100002 88a2 18 00 0007 02 00 00000008"
          + "40 00 00 40 bd9a78563412 0000"
          + "5a".repeat(512),
      answer(null, 7, 2, 0, 8),
      new Ata(Ata.FLAG_EXTENDED, 0, 0, Ata.STATUS_READY, 0x123456789abdL, data(512))),
  NO_SUCH_SECTOR(
      "02005e100001 02005e100002 88a2 18 00 0007 02 00 00000009" + "41 10 01 41 010000000000 0000",
      answer(null, 7, 2, 0, 9),
      new Ata(0x41, Ata.ERROR_NO_SUCH_SECTOR, 1, 0x41, 1, Ata.NO_DATA)),
  FLUSH("10 00 0007 02 00 0000000a 40 00 00 ea 000000000000 0000", 0, 10, flush()),
  RESERVED(
      "02005e100001 02005e100002 88a2 1c 06 0007 02 00 0000000a" + "40 00 00 ea 000000000000 0000",
      answer(AoeError.RESERVED, 7, 2, 0, 10),
      flush()),
  MASK_READ("10 00 0007 02 02 0000000b 00 00 00 00", 2, 11, new Mask(Mask.READ, 0, 0, List.of())),
  MASK_EDIT(
      "10 00 0007 02 02 0000000c 00 01 00 02 00 01 02005e100009 00 02 02005e10000a",
      2,
      12,
      new Mask(Mask.EDIT, 0, 2, List.of(new MaskEntry(1, mac(0x9)), new MaskEntry(2, mac(0xa))))),
  MASK_FULL(
      "02005e100001 02005e100002 88a2 18 00 0007 02 02 0000000c 00 01 03 01",
      answer(null, 7, 2, 2, 12),
      new Mask(Mask.EDIT, Mask.ERROR_FULL, 1, List.of())),
  RESERVE_SET(
      "10 00 0007 02 03 0000000d 01 02 02005e100001 02005e100003",
      3,
      13,
      new Reserve(1, List.of(mac(1), mac(3)))),
  RELEASE("10 00 0007 02 03 0000000e 02 00", 3, 14, new Reserve(2, List.of())),
  BAD_COMMAND(
      "02005e100001 02005e100002 88a2 1c 01 0007 02 f0 0000000f",
      answer(AoeError.BAD_COMMAND, 7, 2, 0xf0, 15),
      new Unknown(0xf0, Ata.NO_DATA)),
  BAD_ARGUMENT(
      "02005e100001 02005e100002 88a2 1c 02 0007 02 03 00000010 09 00",
      answer(AoeError.BAD_ARGUMENT, 7, 2, 3, 16),
      new Reserve(9, List.of())),
  UNAVAILABLE(
      "02005e100001 02005e100002 88a2 1c 03 0007 02 00 00000011" + "40 00 00 ea 000000000000 0000",
      answer(AoeError.DEVICE_UNAVAILABLE, 7, 2, 0, 17),
      flush()),
  BAD_VERSION(
      "02005e100001 02005e100002 88a2 2c 05 0007 02 00 00000012",
      new AoeHeader(mac(1), mac(2), 2, true, AoeError.BAD_VERSION, new AoeAddress(7, 2), 0, 18),
      new Unknown(0, Ata.NO_DATA));

  private final String hex;
  private final AoeFrame frame;

  Golden(String hex, AoeHeader header, AoeMessage message) {
    this.hex = hex;
    this.frame = new AoeFrame(header, message);
  }

  /** A request from 02:00:5e:10:00:01 to 02:00:5e:10:00:02, shelf 7, slot 2. */
  Golden(String afterEtherType, int command, int tag, AoeMessage message) {
    this(
        "02005e100002 02005e100001 88a2 " + afterEtherType,
        request(mac(2), 7, 2, command, tag),
        message);
  }

  AoeFrame frame() {
    return frame;
  }

  /** With padding up to 60 bytes. */
  byte[] wire() {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    return Arrays.copyOf(bytes, Math.max(60, bytes.length));
  }

  private static AoeHeader request(MacAddress to, int shelf, int slot, int command, int tag) {
    return AoeHeader.request(to, mac(1), new AoeAddress(shelf, slot), command, tag);
  }

  private static AoeHeader answer(AoeError error, int shelf, int slot, int command, int tag) {
    return new AoeHeader(mac(1), mac(2), 1, true, error, new AoeAddress(shelf, slot), command, tag);
  }

  private static MacAddress mac(int last) {
    return new MacAddress(0x02005e100000L | last);
  }

  private static Config config(int code, String string) {
    return new Config(0, 0, 0, code, string);
  }

  private static Ata flush() {
    return new Ata(Ata.FLAG_EXTENDED, 0, 0, Ata.FLUSH_EXTENDED, 0, Ata.NO_DATA);
  }

  private static ByteBuffer data(int length) {
    byte[] data = new byte[length];
    Arrays.fill(data, (byte) 0x5a);
    return ByteBuffer.wrap(data);
  }
}
