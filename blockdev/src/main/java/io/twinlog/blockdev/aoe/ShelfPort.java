package io.twinlog.blockdev.aoe;

import io.twinlog.blockdev.sys.InterfaceState;
import io.twinlog.blockdev.sys.PacketFilter;
import io.twinlog.blockdev.sys.PacketSocket;
import io.twinlog.blockdev.sys.SystemCallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An interface with a socket on it, which is opened anew when the interface was. */
final class ShelfPort implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ShelfPort.class);

  /** How often the interface is looked at: up or down, MTU, address. */
  private static final long CHECK_NANOS = 250_000_000L;

  /** Room for more frames than are ever under way, which count with some overhead. */
  private static final int BUFFER_BYTES = 4 << 20;

  private final String interfaceName;
  private final AoeAddress address;
  private final Port port;
  private PacketSocket socket;
  private long checkedAt;

  ShelfPort(String interfaceName, AoeAddress address, int number) {
    this.interfaceName = interfaceName;
    this.address = address;
    this.port = new Port(number);
  }

  Port port() {
    return port;
  }

  /** Opens the socket for the first time. */
  void open() throws IOException {
    socket = openSocket();
    look();
  }

  private PacketSocket openSocket() throws IOException {
    PacketFilter filter =
        new PacketFilter()
            .byteIs(AoeHeader.FLAGS_OFFSET, AoeHeader.FLAG_RESPONSE, AoeHeader.FLAG_RESPONSE)
            .halfIsEither(AoeHeader.SHELF_OFFSET, address.shelf(), address.shelf())
            .byteIsEither(AoeHeader.SLOT_OFFSET, address.slot(), address.slot());
    return PacketSocket.open(interfaceName, AoeHeader.ETHER_TYPE, filter, BUFFER_BYTES);
  }

  /** Sees what has become of the interface, now and then. */
  void check(long now) throws IOException {
    if (now - checkedAt >= CHECK_NANOS) {
      checkedAt = now;
      look();
    }
  }

  private void look() throws IOException {
    if (socket == null) {
      try {
        socket = openSocket();
      } catch (IOException e) {
        log.debug("{}", e.getMessage());
        return;
      }
    }
    InterfaceState state = socket.state();
    if (state == null) {
      log.warn("interface {} is gone", interfaceName);
      port.up = false;
      socket.close();
      socket = null;
      return;
    }
    if (state.up() != port.up) {
      log.info("interface {} is {}", interfaceName, state.up() ? "up" : "down");
      port.queryAgain();
    }
    port.up = state.up();
    port.mtuBytes = state.mtuBytes();
    port.address = new MacAddress(state.address());
  }

  /** Hands everything over that has arrived. */
  void receive(Initiator initiator, long now) throws IOException {
    if (socket == null) {
      return;
    }
    try {
      int count;
      do {
        count = socket.receive();
        for (int i = 0; i < count; i++) {
          initiator.received(port, socket.frame(i), now);
        }
      } while (count == PacketSocket.BATCH_FRAMES);
    } catch (SystemCallException e) {
      down(e);
    }
  }

  void send(ByteBuffer header, ByteBuffer body, int position, int length) {
    if (socket != null) {
      try {
        socket.queue(header, body, position, length);
      } catch (SystemCallException e) {
        down(e);
      }
    }
  }

  void flush() {
    if (socket != null) {
      try {
        socket.flush();
      } catch (SystemCallException e) {
        down(e);
      }
    }
  }

  /** The interface is down or gone: frames are lost until it is back. */
  private void down(SystemCallException e) {
    if (port.up) {
      log.warn("interface {}: {}", interfaceName, e.getMessage());
    }
    port.up = false;
    port.queryAgain();
  }

  /** The sockets of those that have one. */
  static List<PacketSocket> sockets(List<ShelfPort> ports) {
    List<PacketSocket> sockets = new ArrayList<>(ports.size());
    for (ShelfPort port : ports) {
      if (port.socket != null) {
        sockets.add(port.socket);
      }
    }
    return sockets;
  }

  @Override
  public void close() throws IOException {
    if (socket != null) {
      socket.close();
      socket = null;
    }
  }
}
