package io.twinlog.deploy.process;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A small NBD client (NBD protocol, doc/proto.md): fixed newstyle, OPT_GO, simple replies, one
 * request at a time. It knows exactly what it was told; other clients retry and cache.
 */
public final class NbdClient implements AutoCloseable {

  /** The server refused the export, or a request, in words or by a number. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    Refused(String message) {
      super(message);
    }
  }

  private static final long NBDMAGIC = 0x4e42444d41474943L;
  private static final long IHAVEOPT = 0x49484156454F5054L;
  private static final long REPLY_MAGIC = 0x3e889045565a9L;
  private static final int REQUEST_MAGIC = 0x25609513;
  private static final int SIMPLE_REPLY_MAGIC = 0x67446698;

  private static final int FLAG_FIXED_NEWSTYLE = 1;
  private static final int FLAG_NO_ZEROES = 2;
  private static final int OPT_GO = 7;
  private static final int REP_ACK = 1;
  private static final int REP_INFO = 3;
  private static final int INFO_EXPORT = 0;
  private static final int REP_ERROR_BIT = 1 << 31;

  private static final int CONNECT_MILLIS = 5000;

  private static final int CMD_READ = 0;
  private static final int CMD_WRITE = 1;
  private static final int CMD_DISC = 2;
  private static final int CMD_FLUSH = 3;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private long sizeBytes;
  private long cookie;

  private NbdClient(Socket socket) throws IOException {
    this.socket = socket;
    in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
  }

  /**
   * Connects and opens the export.
   *
   * @param readTimeoutMillis how long an answer may take; 0: for ever
   * @throws Refused when the server does not serve it
   */
  static NbdClient open(NodeProcess node, int readTimeoutMillis) throws IOException {
    return open(node, CONNECT_MILLIS, readTimeoutMillis);
  }

  /**
   * Connects and opens the export.
   *
   * @param connectTimeoutMillis how long the connection may take
   * @param readTimeoutMillis how long an answer may take; 0: for ever
   * @throws Refused when the server does not serve it
   */
  public static NbdClient open(NodeProcess node, int connectTimeoutMillis, int readTimeoutMillis)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(readTimeoutMillis);
      socket.connect(new InetSocketAddress(node.address(), node.nbdPort()), connectTimeoutMillis);
      NbdClient client = new NbdClient(socket);
      client.negotiate("r0");
      return client;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  long sizeBytes() {
    return sizeBytes;
  }

  private void negotiate(String export) throws IOException {
    expect(NBDMAGIC, in.readLong(), "greeting");
    expect(IHAVEOPT, in.readLong(), "greeting");
    in.readUnsignedShort();
    out.writeInt(FLAG_FIXED_NEWSTYLE | FLAG_NO_ZEROES);
    byte[] name = export.getBytes(StandardCharsets.UTF_8);
    out.writeLong(IHAVEOPT);
    out.writeInt(OPT_GO);
    out.writeInt(4 + name.length + 2);
    out.writeInt(name.length);
    out.write(name);
    out.writeShort(0);
    out.flush();
    int type;
    do {
      expect(REPLY_MAGIC, in.readLong(), "option reply");
      in.readInt();
      type = in.readInt();
      byte[] data = new byte[in.readInt()];
      in.readFully(data);
      if ((type & REP_ERROR_BIT) != 0) {
        throw new Refused(new String(data, StandardCharsets.UTF_8));
      }
      DataInputStream fields = new DataInputStream(new ByteArrayInputStream(data));
      if (type == REP_INFO && fields.readUnsignedShort() == INFO_EXPORT) {
        sizeBytes = fields.readLong();
      }
    } while (type != REP_ACK);
  }

  /** Returns when the write is acknowledged; any exception leaves its outcome unknown. */
  public void write(long offset, byte[] data) throws IOException {
    request(CMD_WRITE, offset, data.length);
    out.write(data);
    out.flush();
    awaitReply();
  }

  /** Reads; any exception leaves the connection of no use. */
  public byte[] read(long offset, int length) throws IOException {
    request(CMD_READ, offset, length);
    out.flush();
    awaitReply();
    byte[] data = new byte[length];
    in.readFully(data);
    return data;
  }

  /**
   * An answer to something that was only sent.
   *
   * @param cookie which {@link #nextCookie} said before that was sent
   * @param isError whether the server refused it
   */
  public record Answer(long cookie, boolean isError) {}

  /** What the answer to the next request will be known by. */
  public long nextCookie() {
    return cookie + 1;
  }

  /**
   * Waits for an answer, while another thread may send; the data of a read has to be taken next.
   */
  public Answer receive() throws IOException {
    expect(SIMPLE_REPLY_MAGIC, in.readInt(), "reply");
    boolean isError = in.readInt() != 0;
    return new Answer(in.readLong(), isError);
  }

  /** What follows the answer to a read. */
  public byte[] receiveData(int length) throws IOException {
    byte[] data = new byte[length];
    in.readFully(data);
    return data;
  }

  /** Sends a write; its answer is for {@link #receive}, or for nobody. */
  public void sendWrite(long offset, byte[] data) throws IOException {
    request(CMD_WRITE, offset, data.length);
    out.write(data);
    out.flush();
  }

  /** Sends a read; its answer is for {@link #receive}, or for nobody. */
  public void sendRead(long offset, int length) throws IOException {
    request(CMD_READ, offset, length);
    out.flush();
  }

  /** Ends the connection without a word, from any thread. */
  public void abort() throws IOException {
    socket.close();
  }

  void flush() throws IOException {
    request(CMD_FLUSH, 0, 0);
    out.flush();
    awaitReply();
  }

  private void request(int command, long offset, int length) throws IOException {
    out.writeInt(REQUEST_MAGIC);
    out.writeShort(0);
    out.writeShort(command);
    out.writeLong(++cookie);
    out.writeLong(offset);
    out.writeInt(length);
  }

  private void awaitReply() throws IOException {
    expect(SIMPLE_REPLY_MAGIC, in.readInt(), "reply");
    int error = in.readInt();
    expect(cookie, in.readLong(), "cookie");
    if (error != 0) {
      throw new Refused("error " + error);
    }
  }

  private static void expect(long wanted, long found, String what) throws IOException {
    if (wanted != found) {
      throw new IOException(what + ": " + Long.toHexString(found));
    }
  }

  @Override
  public void close() {
    try (socket) {
      request(CMD_DISC, 0, 0);
      out.flush();
    } catch (IOException e) {
      // The server has gone already.
    }
  }
}
