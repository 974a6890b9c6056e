package io.twinlog.appliance.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;

/** An address to listen at or to connect to, as it is written in the file. */
public sealed interface Endpoint {

  /** How to write a TCP address, for error messages. */
  String TCP_FORM = "HOST:PORT, such as 10.0.0.1:7788 or [fd00::1]:7788";

  /**
   * A TCP port.
   *
   * @param host a name or a literal address, without brackets
   * @param port 1 to 65535
   */
  record Tcp(String host, int port) implements Endpoint {

    /** Whether only this machine reaches the address; of names, that is {@code localhost} alone. */
    public boolean isLoopback() {
      if (host.equals("localhost")) {
        return true;
      }
      // Other names are not looked up: what they mean may change.
      if (!host.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
        return false;
      }
      try {
        return InetAddress.getByName(host).isLoopbackAddress();
      } catch (UnknownHostException e) {
        return false;
      }
    }

    @Override
    public String toString() {
      return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /** A Unix socket; the path is absolute. */
  record Unix(Path path) implements Endpoint {
    @Override
    public String toString() {
      return "unix:" + path;
    }
  }

  /** Reads {@link #TCP_FORM}; empty when the text is not of that form. */
  static Optional<Tcp> parseTcp(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      return Optional.empty();
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.contains(":")) {
      return Optional.empty();
    }
    String digits = text.substring(colon + 1);
    if (!host.matches("[A-Za-z0-9.:_%-]+") || !digits.matches("[0-9]{1,5}")) {
      return Optional.empty();
    }
    int port = Integer.parseInt(digits);
    return port < 1 || port > 65535 ? Optional.empty() : Optional.of(new Tcp(host, port));
  }

  /** Reads {@link #TCP_FORM} or {@code unix:/PATH}; empty when the text is neither. */
  static Optional<Endpoint> parse(String text) {
    if (text.startsWith("unix:")) {
      Path path = Path.of(text.substring("unix:".length()));
      return path.isAbsolute() ? Optional.of(new Unix(path)) : Optional.empty();
    }
    return parseTcp(text).map(tcp -> tcp);
  }
}
