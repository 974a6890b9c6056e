package io.twinlog.blockdev.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Asks the kernel whether the other end of a stream socket has hung up, even while bytes from it
 * wait to be read. Not thread-safe; a question allocates nothing.
 */
public final class HangUpProbe {

  // struct pollfd { int fd; short events; short revents; }
  private static final int EVENTS_OFFSET = 4;
  private static final int REVENTS_OFFSET = 6;

  private final ByteBuffer pollfd = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());

  /**
   * Whether the other end has closed the connection, or its sending half.
   *
   * @param socket an open descriptor, which its owner does not close meanwhile
   */
  public boolean hasHungUp(int socket) throws SystemCallException {
    pollfd.putInt(0, socket);
    pollfd.putShort(EVENTS_OFFSET, (short) Native.POLLRDHUP);
    pollfd.putShort(REVENTS_OFFSET, (short) 0);
    int hangUp = Native.POLLRDHUP | Native.POLLHUP | Native.POLLERR;
    return Native.poll(pollfd, 1) == 1 && (pollfd.getShort(REVENTS_OFFSET) & hangUp) != 0;
  }
}
