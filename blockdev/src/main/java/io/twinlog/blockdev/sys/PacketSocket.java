package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Ethernet frames of one EtherType on one interface (packet(7)), many in one system call. Used by
 * one thread.
 *
 * <p>recvmmsg and sendmmsg: one copy from the kernel into this socket's memory, and frames sent
 * straight from the caller's buffers.
 */
public final class PacketSocket implements AutoCloseable {

  /** Frames that one call receives or sends at most. */
  public static final int BATCH_FRAMES = 64;

  /** The longest frame that is received or sent; an MTU above it is used up to it only. */
  public static final int LONGEST_FRAME_BYTES = 16 * 1024;

  private static final int LONGEST_HEADER_BYTES = 64;

  // struct mmsghdr { struct msghdr { void *name; int namelen; struct iovec *iov; size_t iovlen;
  // void *control; size_t controllen; int flags; }; unsigned len; }
  private static final int MMSGHDR_BYTES = 64;
  private static final int IOV_OFFSET = 16;
  private static final int IOVLEN_OFFSET = 24;
  private static final int LEN_OFFSET = 56;

  // struct iovec { void *base; size_t len; }
  private static final int IOVEC_BYTES = 16;

  // struct ifreq { char name[16]; union; }
  private static final int IFREQ_BYTES = 40;
  private static final int IFNAME_BYTES = 16;

  // linux/if.h
  private static final int IFF_UP = 0x1;
  private static final int IFF_RUNNING = 0x40;

  // linux/if_packet.h: struct packet_mreq { int ifindex; u16 type; u16 alen; u8 address[8]; }
  private static final int PACKET_MREQ_BYTES = 16;
  private static final int PACKET_MR_PROMISC = 1;
  private static final int PACKET_MR_UNICAST = 3;

  private final String interfaceName;
  private final Descriptor descriptor;
  private final int index;
  private final ByteBuffer ifreq = direct(IFREQ_BYTES);

  private final ByteBuffer received = direct(BATCH_FRAMES * LONGEST_FRAME_BYTES);
  private final ByteBuffer receiveVectors = direct(BATCH_FRAMES * IOVEC_BYTES);
  private final ByteBuffer receiveMessages = direct(BATCH_FRAMES * MMSGHDR_BYTES);
  private final ByteBuffer[] frames = new ByteBuffer[BATCH_FRAMES];

  private final ByteBuffer headers = direct(BATCH_FRAMES * LONGEST_HEADER_BYTES);
  private final long headersAddress = Native.address(headers);
  private final ByteBuffer sendVectors = direct(BATCH_FRAMES * 2 * IOVEC_BYTES);
  private final ByteBuffer sendMessages = direct(BATCH_FRAMES * MMSGHDR_BYTES);
  private final ByteBuffer[] bodies = new ByteBuffer[BATCH_FRAMES];
  private int queued;
  private long droppedFrames;

  private PacketSocket(String interfaceName, int descriptor, int index) {
    this.interfaceName = interfaceName;
    this.descriptor = new Descriptor(descriptor, "the socket");
    this.index = index;
    for (int i = 0; i < BATCH_FRAMES; i++) {
      frames[i] = received.slice(i * LONGEST_FRAME_BYTES, LONGEST_FRAME_BYTES);
      receiveVectors.putLong(
          i * IOVEC_BYTES, Native.address(received) + (long) i * LONGEST_FRAME_BYTES);
      receiveVectors.putLong(i * IOVEC_BYTES + 8, LONGEST_FRAME_BYTES);
      message(receiveMessages, i, Native.address(receiveVectors) + (long) i * IOVEC_BYTES, 1);
      message(sendMessages, i, Native.address(sendVectors) + (long) i * 2 * IOVEC_BYTES, 2);
    }
  }

  private static void message(ByteBuffer messages, int index, long vectors, int count) {
    messages.putLong(index * MMSGHDR_BYTES + IOV_OFFSET, vectors);
    messages.putLong(index * MMSGHDR_BYTES + IOVLEN_OFFSET, count);
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  /**
   * Begins to hear frames.
   *
   * @param bufferBytes what may wait in each direction; the kernel may grant less without
   *     CAP_NET_ADMIN
   * @throws IOException when there is no such interface or it is not allowed; the message says what
   *     to do
   */
  public static PacketSocket open(
      String interfaceName, int etherType, PacketFilter filter, int bufferBytes)
      throws IOException {
    int descriptor;
    try {
      descriptor = Native.packetSocket();
    } catch (SystemCallException e) {
      if (e.errno() == Errno.EPERM) {
        throw new IOException(
            "raw Ethernet on "
                + interfaceName
                + " needs CAP_NET_RAW: run as root, or give the service AmbientCapabilities="
                + "CAP_NET_RAW ("
                + e.getMessage()
                + ")",
            e);
      }
      throw e;
    }
    try {
      int index = index(descriptor, interfaceName);
      attach(descriptor, filter);
      setBuffers(descriptor, bufferBytes);
      bind(descriptor, etherType, index);
      return new PacketSocket(interfaceName, descriptor, index);
    } catch (SystemCallException e) {
      Native.close(descriptor);
      String why =
          e.errno() == Errno.ENODEV || e.errno() == Errno.ENXIO
              ? "there is no such network interface"
              : e.getMessage();
      throw new IOException("cannot use interface " + interfaceName + ": " + why, e);
    }
  }

  private static int index(int descriptor, String interfaceName) throws SystemCallException {
    ByteBuffer ifreq = direct(IFREQ_BYTES);
    name(ifreq, interfaceName);
    Native.interfaceRequest("SIOCGIFINDEX", descriptor, Native.SIOCGIFINDEX, ifreq);
    return ifreq.getInt(IFNAME_BYTES);
  }

  private static void name(ByteBuffer ifreq, String interfaceName) throws SystemCallException {
    byte[] name = interfaceName.getBytes(StandardCharsets.UTF_8);
    if (name.length >= IFNAME_BYTES) {
      throw new SystemCallException("ioctl", Errno.ENODEV);
    }
    ifreq.put(0, new byte[IFREQ_BYTES]).put(0, name);
  }

  private static void attach(int descriptor, PacketFilter filter) throws SystemCallException {
    ByteBuffer code = filter.encode();
    // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
    ByteBuffer program = direct(16);
    program.putShort(0, (short) (code.capacity() / 8)).putLong(8, Native.address(code));
    try {
      Native.setOption(
          "SO_ATTACH_FILTER", descriptor, Native.SOL_SOCKET, Native.SO_ATTACH_FILTER, program);
    } finally {
      Reference.reachabilityFence(code);
    }
  }

  private static void setBuffers(int descriptor, int bytes) throws SystemCallException {
    ByteBuffer value = direct(4).putInt(0, bytes);
    try {
      Native.setOption(
          "SO_RCVBUFFORCE", descriptor, Native.SOL_SOCKET, Native.SO_RCVBUFFORCE, value);
      Native.setOption(
          "SO_SNDBUFFORCE", descriptor, Native.SOL_SOCKET, Native.SO_SNDBUFFORCE, value);
    } catch (SystemCallException e) {
      if (e.errno() != Errno.EPERM) {
        throw e;
      }
      Native.setOption("SO_RCVBUF", descriptor, Native.SOL_SOCKET, Native.SO_RCVBUF, value);
      Native.setOption("SO_SNDBUF", descriptor, Native.SOL_SOCKET, Native.SO_SNDBUF, value);
    }
  }

  private static void bind(int descriptor, int etherType, int index) throws SystemCallException {
    // struct sockaddr_ll: family, protocol (big-endian), ifindex, hatype, pkttype, halen, addr[8]
    ByteBuffer address = direct(20);
    address.putShort(0, (short) Native.AF_PACKET).putInt(4, index);
    address.duplicate().order(ByteOrder.BIG_ENDIAN).putShort(2, (short) etherType);
    Native.bind(descriptor, address);
  }

  /** As it was given. */
  public String interfaceName() {
    return interfaceName;
  }

  /**
   * The interface as it is now.
   *
   * @return null when it is gone, or another one has its name: then this socket hears nothing ever
   *     again
   */
  public InterfaceState state() throws SystemCallException {
    try {
      int now = request("SIOCGIFINDEX", Native.SIOCGIFINDEX);
      int flags = request("SIOCGIFFLAGS", Native.SIOCGIFFLAGS) & 0xffff;
      int mtu = request("SIOCGIFMTU", Native.SIOCGIFMTU);
      request("SIOCGIFHWADDR", Native.SIOCGIFHWADDR);
      // struct sockaddr { u16 family; u8 data[14]; }
      ByteBuffer bytes = ifreq.duplicate().order(ByteOrder.BIG_ENDIAN);
      long address =
          (bytes.getShort(IFNAME_BYTES + 2) & 0xffffL) << 32
              | (bytes.getInt(IFNAME_BYTES + 4) & 0xffff_ffffL);
      boolean up = (flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
      return now == index ? new InterfaceState(now, up, mtu, address) : null;
    } catch (SystemCallException e) {
      if (e.errno() == Errno.ENODEV) {
        return null;
      }
      throw e;
    }
  }

  private int request(String what, long request) throws SystemCallException {
    name(ifreq, interfaceName);
    Native.interfaceRequest(what, descriptor.get(), request, ifreq);
    return ifreq.getInt(IFNAME_BYTES);
  }

  /** Hears frames to one more address, in the lower 48 bits, until the socket is closed. */
  public void listenTo(long address) throws SystemCallException {
    membership(PACKET_MR_UNICAST, address);
  }

  /** Hears frames to anybody, until the socket is closed. */
  public void listenToAll() throws SystemCallException {
    membership(PACKET_MR_PROMISC, 0);
  }

  private void membership(int type, long address) throws SystemCallException {
    ByteBuffer request = direct(PACKET_MREQ_BYTES);
    request.putInt(0, index).putShort(4, (short) type).putShort(6, (short) 6);
    ByteBuffer bytes = request.duplicate().order(ByteOrder.BIG_ENDIAN);
    bytes.putShort(8, (short) (address >> 32)).putInt(10, (int) address);
    Native.setOption(
        "PACKET_ADD_MEMBERSHIP",
        descriptor.get(),
        Native.SOL_PACKET,
        Native.PACKET_ADD_MEMBERSHIP,
        request);
  }

  /**
   * Takes frames that have arrived, up to {@link #BATCH_FRAMES}; their content is that of {@link
   * #frame} until the next call.
   *
   * @return how many
   * @throws SystemCallException ENETDOWN, once, when the interface went down
   */
  public int receive() throws SystemCallException {
    int count =
        Native.receiveMessages(descriptor.get(), Native.address(receiveMessages), BATCH_FRAMES);
    for (int i = 0; i < count; i++) {
      int length = receiveMessages.getInt(i * MMSGHDR_BYTES + LEN_OFFSET);
      frames[i].clear().limit(Math.min(length, LONGEST_FRAME_BYTES));
    }
    return count;
  }

  /** A frame of the last {@link #receive}, from Ethernet's header on; big-endian. */
  public ByteBuffer frame(int number) {
    return frames[number];
  }

  /**
   * Queues a frame for {@link #flush}; when {@link #BATCH_FRAMES} are queued, they are sent first.
   *
   * @param header up to 64 bytes, copied; its position does not move
   * @param body direct, or null for none; not copied, so it must not change before the flush
   */
  public void queue(ByteBuffer header, ByteBuffer body, int position, int lengthBytes)
      throws SystemCallException {
    if (queued == BATCH_FRAMES) {
      flush();
    }
    int headerBytes = header.remaining();
    int at = queued * LONGEST_HEADER_BYTES;
    headers.put(at, header, header.position(), headerBytes);
    int vector = queued * 2 * IOVEC_BYTES;
    sendVectors.putLong(vector, headersAddress + at).putLong(vector + 8, headerBytes);
    long address = 0;
    if (body != null) {
      if (!body.isDirect() || position < 0 || position > body.capacity() - lengthBytes) {
        throw new IllegalArgumentException(
            lengthBytes + " bytes at " + position + " of " + body + ", which must be direct");
      }
      address = Native.address(body) + position;
    }
    sendVectors.putLong(vector + 16, address).putLong(vector + 24, lengthBytes);
    bodies[queued] = body;
    queued++;
  }

  /**
   * Sends what is queued; nothing is queued afterwards, whatever happens. What the interface has no
   * room for now is dropped, as any network may.
   *
   * @throws SystemCallException ENETDOWN when the interface is down, ENXIO when it is gone
   */
  public void flush() throws SystemCallException {
    int count = queued;
    queued = 0;
    int done = 0;
    try {
      while (done < count) {
        int sent =
            Native.sendMessages(
                descriptor.get(),
                Native.address(sendMessages) + (long) done * MMSGHDR_BYTES,
                count - done);
        if (sent == 0) {
          break;
        }
        done += sent;
      }
    } finally {
      droppedFrames += count - done;
      Arrays.fill(bodies, 0, count, null);
    }
  }

  /** How many frames were not sent, for want of room or because the interface was down. */
  public long droppedFrames() {
    return droppedFrames;
  }

  /** For whoever waits for frames on it; it is closed with the socket. */
  public int descriptor() {
    return descriptor.get();
  }

  /** Idempotent. */
  @Override
  public void close() throws IOException {
    descriptor.close();
  }
}
