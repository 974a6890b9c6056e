package io.twinlog.blockdev.aoe;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which target a frame is for: AoE's major and minor address.
 *
 * @param shelf 0 to 65534; 65535 means every shelf
 * @param slot 0 to 254; 255 means every slot
 */
public record AoeAddress(int shelf, int slot) {

  static final int ANY_SHELF = 0xffff;
  static final int ANY_SLOT = 0xff;

  private static final Pattern FORM = Pattern.compile("([0-9]{1,5})\\.([0-9]{1,3})");

  /** Checks the ranges. */
  public AoeAddress {
    if (shelf < 0 || shelf > ANY_SHELF || slot < 0 || slot > ANY_SLOT) {
      throw new IllegalArgumentException("no AoE address: " + shelf + "." + slot);
    }
  }

  /**
   * Reads {@code 7.0}, the address of one target.
   *
   * @throws IllegalArgumentException with a reason for the operator
   */
  public static AoeAddress parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (matcher.matches()) {
      int shelf = Integer.parseInt(matcher.group(1));
      int slot = Integer.parseInt(matcher.group(2));
      if (shelf < ANY_SHELF && slot < ANY_SLOT) {
        return new AoeAddress(shelf, slot);
      }
    }
    throw new IllegalArgumentException(
        text + ": not SHELF.SLOT with a shelf of 0 to 65534 and a slot of 0 to 254");
  }

  /** Whether a request to this address is for {@code target} as well. */
  boolean covers(AoeAddress target) {
    return (shelf == target.shelf || shelf == ANY_SHELF)
        && (slot == target.slot || slot == ANY_SLOT);
  }

  @Override
  public String toString() {
    return shelf + "." + slot;
  }
}
