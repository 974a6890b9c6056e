package io.twinlog.blockdev.sys;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Waits for frames on sockets, or for a {@link WakeUp}; used by one thread. */
public final class PacketPoll {

  // struct pollfd { int fd; short events; short revents; }
  private static final int POLLFD_BYTES = 8;
  private static final int EVENTS_OFFSET = 4;
  private static final int REVENTS_OFFSET = 6;

  private final WakeUp wakeUp;
  private ByteBuffer pollfds = ByteBuffer.allocateDirect(0);

  /** The caller keeps and closes {@code wakeUp}. */
  public PacketPoll(WakeUp wakeUp) {
    this.wakeUp = wakeUp;
  }

  /**
   * Returns when a socket has frames or an error, somebody called, or the time is over.
   *
   * @param timeoutMillis 0 looks once
   */
  public void await(List<PacketSocket> sockets, int timeoutMillis) throws SystemCallException {
    int count = sockets.size() + 1;
    if (pollfds.capacity() < count * POLLFD_BYTES) {
      pollfds = ByteBuffer.allocateDirect(count * POLLFD_BYTES).order(ByteOrder.nativeOrder());
    }
    put(0, wakeUp.descriptor());
    for (int i = 0; i < sockets.size(); i++) {
      put(i + 1, sockets.get(i).descriptor());
    }
    Native.poll(pollfds, count, timeoutMillis);
    if (pollfds.getShort(REVENTS_OFFSET) != 0) {
      wakeUp.clear();
    }
  }

  private void put(int index, int descriptor) {
    int at = index * POLLFD_BYTES;
    pollfds.putInt(at, descriptor);
    pollfds.putShort(at + EVENTS_OFFSET, (short) Native.POLLIN);
    pollfds.putShort(at + REVENTS_OFFSET, (short) 0);
  }
}
