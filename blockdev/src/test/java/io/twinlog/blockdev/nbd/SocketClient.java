package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A client on a real socket that says exactly what the test says. */
final class SocketClient implements AutoCloseable {

  private final SocketChannel socket;

  SocketClient(SocketAddress address) throws IOException {
    socket = SocketChannel.open(address);
  }

  /** One in transmission, with simple replies. */
  static SocketClient of(SocketAddress address, String export) throws IOException {
    SocketClient client = new SocketClient(address);
    client.receive(18);
    client.send(
        EmbeddedClient.CLIENT_FLAGS
            + "'IHAVEOPT' 00000001"
            + String.format("%08x", export.length())
            + "'"
            + export
            + "'");
    client.receive(10);
    return client;
  }

  void send(String text) throws IOException {
    send(ByteBuffer.wrap(Wire.bytes(text)));
  }

  void send(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      socket.write(bytes);
    }
  }

  /** Sends a request header, with flags 0. */
  void request(int command, long cookie, long offset, int length) throws IOException {
    send(header(command, cookie, offset, length));
  }

  static ByteBuffer header(int command, long cookie, long offset, int length) {
    return ByteBuffer.allocate(Transmission.REQUEST_BYTES)
        .putInt(Transmission.REQUEST_MAGIC)
        .putShort((short) 0)
        .putShort((short) command)
        .putLong(cookie)
        .putLong(offset)
        .putInt(length)
        .flip();
  }

  ByteBuffer receive(int bytes) throws IOException {
    ByteBuffer received = ByteBuffer.allocate(bytes);
    while (received.hasRemaining()) {
      if (socket.read(received) < 0) {
        throw new IOException("closed after " + received.position() + " of " + bytes + " bytes");
      }
    }
    return received.flip();
  }

  void expectSuccess(long cookie) throws IOException {
    ByteBuffer reply = receive(Transmission.SIMPLE_REPLY_BYTES);
    assertEquals(Transmission.SIMPLE_REPLY_MAGIC, reply.getInt());
    assertEquals(0, reply.getInt());
    assertEquals(cookie, reply.getLong());
  }

  /** The server hangs up, having said nothing more. */
  void expectClosed() throws IOException {
    int read;
    try {
      read = socket.read(ByteBuffer.allocate(1));
    } catch (IOException reset) {
      // As good: the server had not read everything.
      read = -1;
    }
    assertEquals(-1, read);
  }

  SocketChannel channel() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
