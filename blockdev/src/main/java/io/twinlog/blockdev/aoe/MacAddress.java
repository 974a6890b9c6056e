package io.twinlog.blockdev.aoe;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An Ethernet address.
 *
 * @param bits the six bytes, the first on the wire most significant; the upper 16 bits are 0
 */
public record MacAddress(long bits) {

  /** Everybody on the network. */
  public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

  static final int BYTES = 6;

  private static final Pattern FORM = Pattern.compile("([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}");

  /** Checks the range. */
  public MacAddress {
    if (bits >>> 48 != 0) {
      throw new IllegalArgumentException("more than six bytes: " + Long.toHexString(bits));
    }
  }

  /**
   * Reads {@code 02:00:5e:10:00:01}.
   *
   * @throws IllegalArgumentException with a reason for the operator
   */
  public static MacAddress parse(String text) {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException(
          text + ": not an Ethernet address; one looks like 02:00:5e:10:00:01");
    }
    return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
  }

  /** Takes six bytes from the buffer. */
  static MacAddress get(ByteBuffer from) {
    return new MacAddress((from.getShort() & 0xffffL) << 32 | (from.getInt() & 0xffff_ffffL));
  }

  void put(ByteBuffer to) {
    to.putShort((short) (bits >> 32)).putInt((int) bits);
  }

  /** Whether frames to it reach more than one: the lowest bit of the first byte. */
  boolean isMulticast() {
    return (bits & 0x0100_0000_0000L) != 0;
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%012x", bits).replaceAll("(..)(?!$)", "$1:");
  }
}
