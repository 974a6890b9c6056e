package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/** Bytes as they are typed in tests. */
final class Wire {

  private Wire() {}

  /** Hexadecimal digits, and text between apostrophes; blanks and line ends separate. */
  static byte[] bytes(String text) {
    StringBuilder hex = new StringBuilder();
    boolean literal = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\'') {
        literal = !literal;
      } else if (literal) {
        hex.append(ByteBufUtil.hexDump(String.valueOf(c).getBytes(StandardCharsets.UTF_8)));
      } else if (!Character.isWhitespace(c)) {
        hex.append(c);
      }
    }
    return ByteBufUtil.decodeHexDump(hex);
  }

  /** So many bytes of one value, in hexadecimal. */
  static String repeat(String hexByte, int count) {
    return hexByte.repeat(count);
  }

  static String hex(byte[] bytes) {
    return ByteBufUtil.hexDump(bytes);
  }
}
