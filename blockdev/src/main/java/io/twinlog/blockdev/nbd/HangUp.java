package io.twinlog.blockdev.nbd;

import io.netty.channel.Channel;
import io.netty.channel.unix.UnixChannel;
import io.twinlog.blockdev.sys.HangUpProbe;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Whether the client has hung up, though bytes of it may still wait to be read. Known for sockets
 * of the epoll transport only.
 *
 * <p>Why: requests that waited in the socket of a client that has gone must not be executed. It may
 * have come back on another connection, sent them again and gone on; they would undo what it did.
 */
final class HangUp {

  private final Channel channel;
  private final HangUpProbe probe = new HangUpProbe();

  HangUp(Channel channel) {
    this.channel = channel;
  }

  /** Asks the kernel; on the channel's loop. */
  boolean hasHappened() {
    if (!channel.isOpen()) {
      return true;
    }
    if (!(channel instanceof UnixChannel socket)) {
      return false;
    }
    try {
      return probe.hasHungUp(socket.fd().intValue());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
