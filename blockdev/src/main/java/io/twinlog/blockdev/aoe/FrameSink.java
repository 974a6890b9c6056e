package io.twinlog.blockdev.aoe;

import java.nio.ByteBuffer;

/** Where frames go. */
interface FrameSink {

  /**
   * Sends a frame, or loses it, as networks do.
   *
   * @param header copied
   * @param body direct, or null; not copied, and unchanged until the end of the present turn
   */
  void send(Port port, ByteBuffer header, ByteBuffer body, int position, int lengthBytes);
}
