package io.twinlog.replication.net;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FrameHeaderTest {

  private static final long DEVICE = 1 << 20;

  private final Crc crc = new Crc();
  private final FrameHeader header = new FrameHeader();

  @Test
  void shouldHaveTheDocumentedBytesWhenAWriteIsEncoded() {
    ByteBuf out = Unpooled.buffer();
    // CRC32C of "123456789" is the check value of RFC 3720's polynomial.
    int payloadCrc = crc.of(Unpooled.copiedBuffer("123456789".getBytes(US_ASCII)), 0, 9);
    FrameHeader.encode(out, crc, FrameType.WRITE, 3, 0x1122334455667788L, 0x1000, 9, payloadCrc);
    String fields =
        "546c"
            + "01"
            + "00"
            + "00000009"
            + "0000000000000003"
            + "1122334455667788"
            + "0000000000001000"
            + "e3069283";
    assertEquals(FrameHeader.BYTES, out.readableBytes());
    assertEquals(fields, ByteBufUtil.hexDump(out, 0, 36));
    assertEquals(
        crc.of(Unpooled.wrappedBuffer(HexFormat.of().parseHex(fields)), 0, 36), out.getInt(36));
  }

  @Test
  void shouldHaveTheDocumentedBytesWhenAConfirmationIsEncoded() {
    ByteBuf out = Unpooled.buffer();
    FrameHeader.encode(out, crc, FrameType.CONFIRM, 1, 2, 3, 0, 0);
    assertEquals(
        "546c0700000000000000000000000001000000000000000200000000000000030000000068ceac21",
        ByteBufUtil.hexDump(out));
  }

  @Test
  void shouldReadBackEveryTypeWhenEncoded() throws Exception {
    for (FrameType type : FrameType.values()) {
      ByteBuf out = Unpooled.buffer();
      long length = Math.min(type.maxLength, 4096);
      long view = type.hasView() ? 5 : 0;
      long number = type.hasNumber() ? 6 : 0;
      long offset = type.hasRange() || type == FrameType.CONFIRM ? 8192 : 0;
      int payloadCrc = type.hasPayload ? 77 : 0;
      FrameHeader.encode(out, crc, type, view, number, offset, length, payloadCrc);
      header.decode(out, crc, DEVICE);
      assertEquals(0, out.readableBytes());
      assertEquals(type, header.type());
      assertEquals(view, header.view());
      assertEquals(number, header.number());
      assertEquals(offset, header.offset());
      assertEquals(length, header.length());
      assertEquals(payloadCrc, header.payloadCrc());
      assertEquals(type.hasPayload ? length : 0, header.payloadBytes());
    }
  }

  @Test
  void shouldRefuseWhenAFieldIsOutOfItsBounds() {
    refuse("length", header(1, 0, 0x7fff_ffff, 1, 1, 0, 0));
    refuse("length", header(1, 0, (32 << 20) + 1, 1, 1, 0, 0));
    refuse("length", header(4, 0, (128 << 10) + 1, 1, 0, 0, 0));
    refuse("length", header(4, 0, 0, 1, 0, 0, 0));
    refuse("length", header(9, 0, (64 << 10) + 1, 0, 0, 0, 0));
    refuse("length", header(6, 0, 1, 1, 0, 0, 0));
    refuse("length", header(10, 0, 15, 1, 0, 0, 0));
    refuse("length", header(10, 0, 64 * 16 + 1, 1, 0, 0, 0));
    refuse("end", header(1, 0, 4096, 1, 1, DEVICE - 4095, 0));
    refuse("end", header(3, 0, -1, 1, 1, 0, 0));
    refuse("offset", header(1, 0, 0, 1, 1, -1, 0));
    refuse("offset", header(2, 0, 0, 1, 1, DEVICE + 1, 0));
    refuse("offset", header(7, 0, 0, 1, 1, -1, 0));
    refuse("offset", header(8, 0, 0, 0, 0, 1, 0));
    refuse("view", header(1, 0, 0, -1, 1, 0, 0));
    refuse("view", header(8, 0, 0, 1, 0, 0, 0));
    refuse("number", header(1, 0, 0, 1, -1, 0, 0));
    refuse("number", header(6, 0, 0, 1, 1, 0, 0));
    refuse("payload checksum", header(6, 0, 0, 1, 0, 0, 1));
    refuse("flags", header(8, 1, 0, 0, 0, 0, 0));
    refuse("type 0", header(0, 0, 0, 0, 0, 0, 0));
    refuse("type 11", header(11, 0, 0, 0, 0, 0, 0));
    refuse("type 255", header(255, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void shouldTakeTheWholeDeviceWhenARangeIsExactlyThat() throws Exception {
    header.decode(header(5, 0, (int) DEVICE, 1, 0, 0, 0), crc, DEVICE);
    assertEquals(DEVICE, header.length());
    header.decode(header(2, 0, -1, 1, 1, 1, 0), crc, 1L << 33);
    assertEquals(0xffff_ffffL, header.length());
  }

  @Test
  void shouldRefuseToSendWhenALengthIsNotAllowed() {
    ByteBuf out = Unpooled.buffer();
    assertThrows(
        IllegalArgumentException.class,
        () -> FrameHeader.encode(out, crc, FrameType.BLOCKS, 1, 0, 0, 1 << 20, 0));
  }

  private void refuse(String what, ByteBuf bytes) {
    FrameException refused =
        assertThrows(FrameException.class, () -> header.decode(bytes, crc, DEVICE));
    assertTrue(refused.getMessage().contains(what), refused.getMessage());
  }

  private ByteBuf header(
      int type, int flags, int length, long view, long number, long offset, int payloadCrc) {
    ByteBuf out = Unpooled.buffer();
    out.writeShort(0x546c).writeByte(type).writeByte(flags).writeInt(length);
    out.writeLong(view).writeLong(number).writeLong(offset).writeInt(payloadCrc);
    return out.writeInt(crc.of(out, 0, 36));
  }
}
