package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes the replies to options; does not flush. */
final class OptionReplies {

  /** So many characters are at most 4096 bytes of UTF-8. */
  private static final int MAX_TEXT_CHARS = 1024;

  private static final int HEADER_BYTES = 8 + 4 + 4 + 4;

  private final Channel channel;

  OptionReplies(Channel channel) {
    this.channel = channel;
  }

  /** What the server says first: NBDMAGIC, IHAVEOPT, handshake flags. */
  void greeting() {
    ByteBuf out = channel.alloc().directBuffer(8 + 8 + 2);
    out.writeLong(Handshake.INIT_PASSWD);
    out.writeLong(Handshake.OPTION_MAGIC);
    out.writeShort(Handshake.FIXED_NEWSTYLE | Handshake.NO_ZEROES);
    write(out);
  }

  void ack(int option) {
    write(reply(option, Handshake.REP_ACK, 0));
  }

  /** {@code text} is for the user of the client. */
  void error(int option, int type, String text) {
    String shown = text.substring(0, Math.min(text.length(), MAX_TEXT_CHARS));
    byte[] bytes = shown.getBytes(StandardCharsets.UTF_8);
    write(reply(option, type, bytes.length).writeBytes(bytes));
  }

  /** NBD_REP_SERVER: one entry of the list. */
  void server(int option, NbdExport export) {
    byte[] name = export.name().getBytes(StandardCharsets.UTF_8);
    byte[] description = export.description().getBytes(StandardCharsets.UTF_8);
    ByteBuf out = reply(option, Handshake.REP_SERVER, 4 + name.length + description.length);
    out.writeInt(name.length).writeBytes(name).writeBytes(description);
    write(out);
  }

  /** NBD_REP_META_CONTEXT; the number is reserved (0) when contexts are only listed. */
  void metaContext(int option, int id, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    ByteBuf out = reply(option, Handshake.REP_META_CONTEXT, 4 + bytes.length);
    write(out.writeInt(id).writeBytes(bytes));
  }

  /**
   * NBD_REP_INFO: the export's size and flags, always, and what else was asked for and is known.
   */
  void info(int option, NbdExport export, List<Integer> requests, boolean structuredReplies) {
    ByteBuf out = reply(option, Handshake.REP_INFO, 2 + 8 + 2);
    out.writeShort(Handshake.INFO_EXPORT);
    out.writeLong(export.service().sizeBytes());
    out.writeShort(Transmission.flags(structuredReplies));
    write(out);
    if (requests.contains(Handshake.INFO_NAME)) {
      text(option, Handshake.INFO_NAME, export.name());
    }
    if (requests.contains(Handshake.INFO_DESCRIPTION)) {
      text(option, Handshake.INFO_DESCRIPTION, export.description());
    }
    if (requests.contains(Handshake.INFO_BLOCK_SIZE)) {
      ByteBuf sizes = reply(option, Handshake.REP_INFO, 2 + 3 * 4);
      sizes.writeShort(Handshake.INFO_BLOCK_SIZE);
      sizes.writeInt(Transmission.MIN_BLOCK_BYTES);
      sizes.writeInt(Transmission.PREFERRED_BLOCK_BYTES);
      sizes.writeInt(Transmission.MAX_PAYLOAD_BYTES);
      write(sizes);
    }
  }

  /** The answer to NBD_OPT_EXPORT_NAME, which has a form of its own. */
  void exportName(NbdExport export, boolean structuredReplies, boolean zeroes) {
    ByteBuf out = channel.alloc().directBuffer(8 + 2 + Handshake.EXPORT_NAME_ZEROES);
    out.writeLong(export.service().sizeBytes());
    out.writeShort(Transmission.flags(structuredReplies));
    out.writeZero(zeroes ? Handshake.EXPORT_NAME_ZEROES : 0);
    write(out);
  }

  private void text(int option, int info, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuf out = reply(option, Handshake.REP_INFO, 2 + bytes.length);
    write(out.writeShort(info).writeBytes(bytes));
  }

  private ByteBuf reply(int option, int type, int dataBytes) {
    ByteBuf out = channel.alloc().directBuffer(HEADER_BYTES + dataBytes);
    out.writeLong(Handshake.REPLY_MAGIC);
    out.writeInt(option);
    out.writeInt(type);
    out.writeInt(dataBytes);
    return out;
  }

  private void write(ByteBuf out) {
    var unused = channel.write(out, channel.voidPromise());
  }
}
