package io.twinlog.replication.net;

import io.netty.channel.Channel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;

/** NIO channels that let their socket be taken over by another channel; see {@link Handover}. */
final class MovableNio {

  private MovableNio() {}

  /** Accepts {@link Client} channels. */
  static final class Server extends NioServerSocketChannel {
    @Override
    protected int doReadMessages(List<Object> accepted) throws IOException {
      SocketChannel socket = javaChannel().accept();
      if (socket == null) {
        return 0;
      }
      accepted.add(new Client(this, socket));
      return 1;
    }
  }

  /** A channel whose socket is visible. */
  static final class Client extends NioSocketChannel {
    Client(Channel parent, SocketChannel socket) {
      super(parent, socket);
    }

    SocketChannel socket() {
      return javaChannel();
    }
  }
}
