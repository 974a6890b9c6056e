package io.twinlog.replication.net;

import java.net.InetSocketAddress;

/**
 * Where a node listens for its peer, as configured: {@code host:port} or {@code [v6]:port}. The
 * host is resolved each time it is used.
 *
 * @param port 0 to 65535; 0 only to listen on any free port
 */
public record PeerAddress(String host, int port) {

  public PeerAddress {
    if (host.isEmpty() || port < 0 || port > 0xffff) {
      throw new IllegalArgumentException("not an address: " + host + ":" + port);
    }
  }

  /**
   * Reads {@code host:port}.
   *
   * @throws IllegalArgumentException when the text is anything else
   */
  public static PeerAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || !text.substring(colon + 1).matches("\\d{1,5}")) {
      throw new IllegalArgumentException("not of the form host:port: " + text);
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("write an IPv6 address as [address]:port: " + text);
    }
    return new PeerAddress(host, Integer.parseInt(text.substring(colon + 1)));
  }

  InetSocketAddress unresolved() {
    return InetSocketAddress.createUnresolved(host, port);
  }

  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
  }
}
