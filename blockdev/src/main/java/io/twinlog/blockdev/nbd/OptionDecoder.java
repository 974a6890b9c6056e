package io.twinlog.blockdev.nbd;

import io.netty.buffer.ByteBuf;

/**
 * Cuts what a client sends before transmission into its flags and its options. Bounds everything:
 * the number of options, the data of one that is looked at, and the data of one that is passed
 * over.
 */
final class OptionDecoder {

  /** What comes out; all are called from {@link #decode}. */
  interface Sink {

    /** The client flags, all of them known. */
    void clientFlags(boolean fixedNewstyle, boolean noZeroes);

    /** An option with all its data, which is valid during the call only. */
    void option(int option, ByteBuf data) throws ProtocolViolation;

    /** An option that is not known, or too long; its data has been passed over. */
    void refused(int option, boolean tooLong);

    /** Whether to go on with the next one. */
    boolean isReady();
  }

  /** A name and more queries than there are namespaces. */
  private static final int MAX_DATA_BYTES = 32 << 10;

  /** More than this is not passed over, it is an attack. */
  private static final int MAX_SKIPPED_BYTES = 1 << 20;

  private static final int MAX_OPTIONS = 128;

  private static final int HEADER_BYTES = 8 + 4 + 4;

  private enum State {
    CLIENT_FLAGS,
    HEADER,
    DATA,
    SKIP
  }

  private final Sink sink;
  private State state = State.CLIENT_FLAGS;
  private boolean fixedNewstyle;
  private int options;
  private int option;
  private int lengthBytes;

  OptionDecoder(Sink sink) {
    this.sink = sink;
  }

  /** Consumes what is complete. */
  void decode(ByteBuf in) throws ProtocolViolation {
    boolean progress = true;
    while (progress && sink.isReady()) {
      progress =
          switch (state) {
            case CLIENT_FLAGS -> readClientFlags(in);
            case HEADER -> readHeader(in);
            case DATA -> readData(in);
            case SKIP -> skip(in);
          };
    }
  }

  private boolean readClientFlags(ByteBuf in) throws ProtocolViolation {
    if (in.readableBytes() < 4) {
      return false;
    }
    int flags = in.readInt();
    if ((flags & ~(Handshake.FIXED_NEWSTYLE | Handshake.NO_ZEROES)) != 0) {
      throw new ProtocolViolation("unknown client flags 0x" + Integer.toHexString(flags));
    }
    fixedNewstyle = (flags & Handshake.FIXED_NEWSTYLE) != 0;
    state = State.HEADER;
    sink.clientFlags(fixedNewstyle, (flags & Handshake.NO_ZEROES) != 0);
    return true;
  }

  private boolean readHeader(ByteBuf in) throws ProtocolViolation {
    if (in.readableBytes() < HEADER_BYTES) {
      return false;
    }
    if (in.readLong() != Handshake.OPTION_MAGIC) {
      throw new ProtocolViolation("option without the magic number");
    }
    option = in.readInt();
    long length = in.readUnsignedInt();
    if (++options > MAX_OPTIONS) {
      throw new ProtocolViolation("more than " + MAX_OPTIONS + " options");
    }
    if (length > MAX_SKIPPED_BYTES) {
      throw new ProtocolViolation("option " + option + " with " + length + " bytes of data");
    }
    if (option == Handshake.OPT_EXPORT_NAME) {
      // The one option whose refusal cannot be said.
      if (length > Handshake.MAX_STRING_BYTES) {
        throw new ProtocolViolation("export name of " + length + " bytes");
      }
    } else if (!fixedNewstyle) {
      throw new ProtocolViolation("option " + option + " without fixed newstyle");
    }
    lengthBytes = (int) length;
    state = isKnown(option) && length <= MAX_DATA_BYTES ? State.DATA : State.SKIP;
    return true;
  }

  private boolean readData(ByteBuf in) throws ProtocolViolation {
    if (in.readableBytes() < lengthBytes) {
      return false;
    }
    state = State.HEADER;
    sink.option(option, in.readSlice(lengthBytes));
    return true;
  }

  private boolean skip(ByteBuf in) {
    int count = Math.min(lengthBytes, in.readableBytes());
    in.skipBytes(count);
    lengthBytes -= count;
    if (lengthBytes > 0) {
      return false;
    }
    state = State.HEADER;
    sink.refused(option, isKnown(option));
    return true;
  }

  private static boolean isKnown(int option) {
    return switch (option) {
      case Handshake.OPT_EXPORT_NAME,
          Handshake.OPT_ABORT,
          Handshake.OPT_LIST,
          Handshake.OPT_INFO,
          Handshake.OPT_GO,
          Handshake.OPT_STRUCTURED_REPLY,
          Handshake.OPT_LIST_META_CONTEXT,
          Handshake.OPT_SET_META_CONTEXT ->
          true;
      default -> false;
    };
  }
}
