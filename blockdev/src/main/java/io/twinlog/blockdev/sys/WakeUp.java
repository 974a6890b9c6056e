package io.twinlog.blockdev.sys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Ends another thread's {@link PacketPoll}, or the next one it begins (eventfd(2)). */
public final class WakeUp implements AutoCloseable {

  private final int descriptor;
  private final ByteBuffer one = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
  private final ByteBuffer sink = ByteBuffer.allocateDirect(8);

  /** Guarded by this, so that nobody writes to a descriptor that is somebody else's already. */
  private boolean closed;

  private WakeUp(int descriptor) {
    this.descriptor = descriptor;
    one.putLong(0, 1);
  }

  /** Makes one. */
  public static WakeUp open() throws SystemCallException {
    return new WakeUp(Native.eventDescriptor());
  }

  /** Wakes the thread; any thread may call it. Without effect once closed. */
  public synchronized void wake() throws SystemCallException {
    if (!closed) {
      Native.raiseEvent(descriptor, one);
    }
  }

  /** For the thread that was woken. */
  void clear() throws SystemCallException {
    Native.clearEvent(descriptor, sink);
  }

  int descriptor() {
    return descriptor;
  }

  /** Idempotent. */
  @Override
  public synchronized void close() throws IOException {
    if (!closed) {
      closed = true;
      Native.close(descriptor);
    }
  }
}
