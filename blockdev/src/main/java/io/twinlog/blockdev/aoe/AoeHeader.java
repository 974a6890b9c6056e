package io.twinlog.blockdev.aoe;

import java.nio.ByteBuffer;

/**
 * What every frame begins with, Ethernet's part included; multi-byte fields are big-endian.
 *
 * <pre>
 *  0  destination (6)   6  source (6)   12  EtherType 0x88a2 (2)
 * 14  version (4 bits), flags (4 bits: 8 response, 4 error)
 * 15  error   16  shelf (2)   18  slot   19  command   20  tag (4)
 * </pre>
 *
 * @param version 0 to 15; AoE is version 1
 * @param response whether it answers a request
 * @param error null unless the error flag is set
 * @param command 0 to 255
 * @param tag chosen by the initiator, returned by the target; 0 in an announcement
 */
record AoeHeader(
    MacAddress destination,
    MacAddress source,
    int version,
    boolean response,
    AoeError error,
    AoeAddress address,
    int command,
    int tag) {

  /** Of Ethernet's and AoE's header together. */
  static final int BYTES = 24;

  static final int ETHER_TYPE = 0x88a2;
  static final int VERSION = 1;

  static final int COMMAND_ATA = 0;
  static final int COMMAND_CONFIG = 1;
  static final int COMMAND_MASK = 2;
  static final int COMMAND_RESERVE = 3;

  /** Ethernet sends no shorter frame; what follows the message in one is padding. */
  static final int SHORTEST_FRAME_BYTES = 60;

  /** Offset of the version and the flags, for filters. */
  static final int FLAGS_OFFSET = 14;

  /** Offset of shelf, for filters. */
  static final int SHELF_OFFSET = 16;

  /** Offset of slot, for filters. */
  static final int SLOT_OFFSET = 18;

  static final int FLAG_RESPONSE = 8;
  private static final int FLAG_ERROR = 4;

  /** A request of this version. */
  static AoeHeader request(
      MacAddress destination, MacAddress source, AoeAddress address, int command, int tag) {
    return new AoeHeader(destination, source, VERSION, false, null, address, command, tag);
  }

  /**
   * The header of the answer to this request.
   *
   * @param refusal null when it succeeded
   */
  AoeHeader answer(MacAddress from, AoeAddress target, AoeError refusal) {
    return new AoeHeader(source, from, VERSION, true, refusal, target, command, tag);
  }

  /** Takes a header from the buffer. */
  static AoeHeader get(ByteBuffer from) throws MalformedFrameException {
    if (from.remaining() < BYTES) {
      throw MalformedFrameException.of("shorter than a header");
    }
    MacAddress destination = MacAddress.get(from);
    MacAddress source = MacAddress.get(from);
    if ((from.getShort() & 0xffff) != ETHER_TYPE) {
      throw MalformedFrameException.of("another EtherType");
    }
    int flags = from.get() & 0xff;
    int code = from.get() & 0xff;
    AoeAddress address = new AoeAddress(from.getShort() & 0xffff, from.get() & 0xff);
    return new AoeHeader(
        destination,
        source,
        flags >> 4,
        (flags & FLAG_RESPONSE) != 0,
        (flags & FLAG_ERROR) != 0 ? AoeError.of(code) : null,
        address,
        from.get() & 0xff,
        from.getInt());
  }

  void put(ByteBuffer to) {
    destination.put(to);
    source.put(to);
    to.putShort((short) ETHER_TYPE);
    int flags = (response ? FLAG_RESPONSE : 0) | (error != null ? FLAG_ERROR : 0);
    to.put((byte) (version << 4 | flags)).put((byte) (error == null ? 0 : error.code()));
    to.putShort((short) address.shelf()).put((byte) address.slot());
    to.put((byte) command).putInt(tag);
  }
}
