package io.twinlog.blockdev.nbd;

import io.netty.channel.Channel;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the log says of a client: one line for why its connection ends, with its address. */
final class ClientLog {

  private static final Logger log = LoggerFactory.getLogger(NbdServer.class);

  private ClientLog() {}

  /** It broke a rule, or stays away; {@code reason} holds no bytes of the client. */
  static void closing(Channel client, String reason) {
    log.warn("nbd client {}: closing: {}", client.remoteAddress(), reason);
  }

  /** Nothing to worry about. */
  static void gone(Channel client, String how) {
    log.debug("nbd client {}: {}", client.remoteAddress(), how);
  }

  /** It was turned away. */
  static void refused(Channel client, String reason) {
    log.info("nbd client {}: refused: {}", client.remoteAddress(), reason);
  }

  /** A broken connection, or a bug. */
  static void failed(Channel client, Throwable cause) {
    if (cause instanceof IOException) {
      gone(client, cause.toString());
    } else {
      log.error("nbd client {}: closing after an internal error", client.remoteAddress(), cause);
    }
  }
}
