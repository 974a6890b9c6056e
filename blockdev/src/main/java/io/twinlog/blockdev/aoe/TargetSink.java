package io.twinlog.blockdev.aoe;

import java.nio.ByteBuffer;

/** Where a target's frames go, and what else it has to tell. */
interface TargetSink {

  /**
   * A buffer for the next frame, empty and direct, with room for the longest; {@link #send} it or
   * leave it.
   */
  ByteBuffer frame();

  /** Sends what {@link #frame} gave, from 0 to its position. */
  void send(ByteBuffer frame);

  /** Another machine answers for our shelf and slot; said once a minute at most for each. */
  void rival(MacAddress mac);

  /** A client asks so often that it is not always answered; said once a minute for each. */
  void flood(MacAddress mac);
}
