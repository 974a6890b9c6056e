package io.twinlog.replication.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.twinlog.replication.core.PeerHello;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HandshakeHandlerTest {

  private final EmbeddedChannel channel = new EmbeddedChannel();

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  @Test
  void shouldGiveUpWhenTheHandshakeTakesTooLong() {
    String[] heard = new String[1];
    channel.freezeTime();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    channel.pipeline().addLast(new HandshakeHandler(dialer(), null, deadline, owner(heard)));
    ByteBuf hello = channel.readOutbound();
    assertTrue(hello.readableBytes() > HandshakeFrame.HEADER_BYTES);
    hello.release();
    channel.advanceTimeBy(4, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertTrue(channel.isOpen());
    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertEquals("broken no answer within the handshake's time", heard[0]);
    assertFalse(channel.isOpen());
  }

  private static Handshake dialer() {
    Identities alpha = Identities.alpha();
    return new Handshake(
        Handshake.Side.DIALER,
        alpha.identity(),
        new byte[HelloCheck.NONCE_BYTES],
        new Handshake.Local() {
          @Override
          public String refusal() {
            return null;
          }

          @Override
          public PeerHello state() {
            return alpha.state();
          }
        });
  }

  private static HandshakeHandler.Owner owner(String[] heard) {
    return new HandshakeHandler.Owner() {
      @Override
      public void established(ChannelHandlerContext context, Handshake handshake) {
        heard[0] = "established";
      }

      @Override
      public void refused(String line) {
        heard[0] = "refused " + line;
      }

      @Override
      public void broken(String line) {
        heard[0] = "broken " + line;
      }
    };
  }
}
