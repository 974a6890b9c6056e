package io.twinlog.blockdev.aoe;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What follows the header of a frame, by its command. */
sealed interface AoeMessage {

  /** Bytes of the message on the wire, without padding. */
  int lengthBytes();

  /** Appends the message. */
  void put(ByteBuffer to);

  /** The header's command code. */
  int command();

  /**
   * Command 0: one ATA command, or its outcome.
   *
   * <pre>
   * 24  flags   25  feature, or error in a response   26  sectors   27  command, or status
   * 28  LBA (6), little-endian   34  reserved (2)   36  data
   * </pre>
   *
   * @param flags {@link #FLAG_WRITE} and its kin; other bits are kept
   * @param feature 0 to 255; the error register in a response
   * @param sectors 0 to 255, of 512 bytes
   * @param operation 0 to 255: {@link #READ} and its kin; the status register in a response
   * @param lba 48 bits
   * @param data from position to limit, which do not move; padding included in a received frame
   */
  record Ata(int flags, int feature, int sectors, int operation, long lba, ByteBuffer data)
      implements AoeMessage {

    /** Data goes to the device. */
    static final int FLAG_WRITE = 1;

    /** The write may be answered before it is done. */
    static final int FLAG_ASYNCHRONOUS = 2;

    /** ATA's device/head register, bit 4. */
    static final int FLAG_DEVICE = 0x10;

    /** LBA48: the address has 48 bits, else 28. */
    static final int FLAG_EXTENDED = 0x40;

    // ATA/ATAPI-6: the commands in use.
    static final int READ = 0x20;
    static final int READ_EXTENDED = 0x24;
    static final int WRITE = 0x30;
    static final int WRITE_EXTENDED = 0x34;
    static final int CHECK_POWER_MODE = 0xe5;
    static final int FLUSH = 0xe7;
    static final int FLUSH_EXTENDED = 0xea;
    static final int IDENTIFY = 0xec;

    // ATA's status register.
    static final int STATUS_ERROR = 0x01;
    static final int STATUS_DATA_REQUEST = 0x08;
    static final int STATUS_DEVICE_FAULT = 0x20;
    static final int STATUS_READY = 0x40;
    static final int STATUS_BUSY = 0x80;

    /** Any of them in a response means that the command failed, as Linux reads it. */
    static final int STATUS_FAILED =
        STATUS_ERROR | STATUS_DATA_REQUEST | STATUS_DEVICE_FAULT | STATUS_BUSY;

    // ATA's error register.
    static final int ERROR_ABORTED = 0x04;
    static final int ERROR_NO_SUCH_SECTOR = 0x10;
    static final int ERROR_UNCORRECTABLE = 0x40;

    static final int SECTOR_BYTES = 512;

    /** From the message's beginning to the data. */
    static final int FIXED_BYTES = 12;

    static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

    private static final long LBA28_MASK = 0x0fff_ffffL;

    boolean isExtended() {
      return (flags & FLAG_EXTENDED) != 0;
    }

    boolean isWrite() {
      return (flags & FLAG_WRITE) != 0;
    }

    /** The sector addressed: 48 bits of it for the extended commands, 28 for the others. */
    long sector() {
      return operation == READ_EXTENDED || operation == WRITE_EXTENDED ? lba : lba & LBA28_MASK;
    }

    @Override
    public int command() {
      return AoeHeader.COMMAND_ATA;
    }

    @Override
    public int lengthBytes() {
      return FIXED_BYTES + data.remaining();
    }

    @Override
    public void put(ByteBuffer to) {
      putFixed(to);
      to.put(data.duplicate());
    }

    /** Appends all but the data. */
    void putFixed(ByteBuffer to) {
      to.put((byte) flags).put((byte) feature).put((byte) sectors).put((byte) operation);
      for (int shift = 0; shift < 48; shift += 8) {
        to.put((byte) (lba >> shift));
      }
      to.putShort((short) 0);
    }
  }

  /**
   * Command 1: who is there, and the config string.
   *
   * <pre>
   * 24  buffer count (2)   26  firmware (2)   28  sectors per frame
   * 29  version (4 bits), command (4 bits)   30  length (2)   32  config string
   * </pre>
   *
   * @param bufferCount how many requests the target takes at once; 0 in a request
   * @param sectorsPerFrame how many sectors a frame to the target may have; 0 in a request
   * @param code 0 to 15: {@link #READ} and its kin; the request's in a response
   * @param string up to 1024 characters, each one byte (ISO 8859-1)
   */
  record Config(int bufferCount, int firmware, int sectorsPerFrame, int code, String string)
      implements AoeMessage {

    /** Answer with the config string. */
    static final int READ = 0;

    /** Answer only if the string is this one. */
    static final int TEST = 1;

    /** Answer only if the string begins with this one. */
    static final int TEST_PREFIX = 2;

    /** Make this the string, if none is set or it is the same. */
    static final int SET = 3;

    /** Make this the string. */
    static final int FORCE_SET = 4;

    static final int LONGEST_STRING_BYTES = 1024;

    private static final int FIXED_BYTES = 8;

    /** Asks who is there. */
    static Config query() {
      return new Config(0, 0, 0, READ, "");
    }

    @Override
    public int command() {
      return AoeHeader.COMMAND_CONFIG;
    }

    @Override
    public int lengthBytes() {
      return FIXED_BYTES + string.length();
    }

    @Override
    public void put(ByteBuffer to) {
      to.putShort((short) bufferCount).putShort((short) firmware).put((byte) sectorsPerFrame);
      to.put((byte) (AoeHeader.VERSION << 4 | code)).putShort((short) string.length());
      to.put(string.getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  /**
   * A directive and whom it concerns.
   *
   * @param code 0 to 255: {@link #ADD} and its kin
   */
  record MaskEntry(int code, MacAddress mac) {
    static final int NONE = 0;
    static final int ADD = 1;
    static final int DELETE = 2;
  }

  /**
   * Command 2: the list of initiators whose frames are heard at all.
   *
   * <pre>
   * 24  reserved   25  command: 0 read, 1 edit   26  error   27  count
   * 28  directives of 8: reserved, directive, MAC (6)
   * </pre>
   *
   * @param code 0 to 255: {@link #READ} or {@link #EDIT}
   * @param error 0, or one of the constants, in a response
   * @param count in a response with an error: which directive it was; else how many there are
   */
  record Mask(int code, int error, int count, List<MaskEntry> entries) implements AoeMessage {

    static final int READ = 0;
    static final int EDIT = 1;

    static final int ERROR_UNSPECIFIED = 1;
    static final int ERROR_BAD_DIRECTIVE = 2;
    static final int ERROR_FULL = 3;

    private static final int FIXED_BYTES = 4;
    private static final int ENTRY_BYTES = 8;

    @Override
    public int command() {
      return AoeHeader.COMMAND_MASK;
    }

    @Override
    public int lengthBytes() {
      return FIXED_BYTES + entries.size() * ENTRY_BYTES;
    }

    @Override
    public void put(ByteBuffer to) {
      to.put((byte) 0).put((byte) code).put((byte) error).put((byte) count);
      for (MaskEntry entry : entries) {
        to.put((byte) 0).put((byte) entry.code());
        entry.mac().put(to);
      }
    }
  }

  /**
   * Command 3: the list of initiators whose ATA commands are carried out; empty is everybody.
   *
   * <pre>
   * 24  command   25  count   26  MACs (6 each)
   * </pre>
   *
   * @param code 0 to 255: {@link #READ} and its kin
   */
  record Reserve(int code, List<MacAddress> macs) implements AoeMessage {

    static final int READ = 0;

    /** Replace the list, if it is empty or the sender is on it. */
    static final int SET = 1;

    /** Replace the list. */
    static final int FORCE_SET = 2;

    private static final int FIXED_BYTES = 2;

    @Override
    public int command() {
      return AoeHeader.COMMAND_RESERVE;
    }

    @Override
    public int lengthBytes() {
      return FIXED_BYTES + macs.size() * MacAddress.BYTES;
    }

    @Override
    public void put(ByteBuffer to) {
      to.put((byte) code).put((byte) macs.size());
      macs.forEach(mac -> mac.put(to));
    }
  }

  /**
   * A command that AoEr11 does not define, or any of another version.
   *
   * @param body whatever followed, from position to limit
   */
  record Unknown(int command, ByteBuffer body) implements AoeMessage {

    @Override
    public int lengthBytes() {
      return body.remaining();
    }

    @Override
    public void put(ByteBuffer to) {
      to.put(body.duplicate());
    }
  }
}
