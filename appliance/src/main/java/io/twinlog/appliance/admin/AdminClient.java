package io.twinlog.appliance.admin;

import com.google.protobuf.InvalidProtocolBufferException;
import io.twinlog.proto.admin.Reply;
import io.twinlog.proto.admin.Request;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One request to a running node, and the replies to it. Plain NIO, because a client is to start
 * fast. Used by one thread.
 */
public final class AdminClient implements AutoCloseable {

  private final String node;
  private final SocketChannel channel;

  private AdminClient(String node, SocketChannel channel) {
    this.node = node;
    this.channel = channel;
  }

  /**
   * Connects to the node that runs in {@code runDir} and sends the request.
   *
   * @param node what to call the node in messages
   * @throws AdminException when nothing runs there, or it may not be talked to
   */
  public static AdminClient ask(String node, Path runDir, Request request) throws AdminException {
    Path socket = AdminWire.socket(runDir);
    if (Files.notExists(socket)) {
      throw new AdminException(
          node
              + " is not running (there is no "
              + socket
              + "); start it with: twinlog node, or name another with --node or --run-dir");
    }
    SocketChannel channel = null;
    try {
      channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(socket));
      AdminClient client = new AdminClient(node, channel);
      client.send(request);
      return client;
    } catch (IOException e) {
      closeQuietly(channel);
      // The JDK tells the two apart by the message only.
      boolean denied = e.getMessage() != null && e.getMessage().contains("ermission");
      throw new AdminException(
          denied
              ? "no permission to talk to " + node + " at " + socket + "; run this as its user"
              : node
                  + " is not running (nothing listens at "
                  + socket
                  + "); start it with: twinlog node",
          e);
    }
  }

  /**
   * Waits for the next reply.
   *
   * @param timeoutMillis how long at most; 0: for ever
   * @return null when the node has said everything
   * @throws AdminException when the connection breaks, nothing comes in time, or what comes is not
   *     a reply
   */
  public Reply next(long timeoutMillis) throws AdminException {
    Watchdog watchdog = new Watchdog(channel, timeoutMillis);
    try {
      ByteBuffer length = ByteBuffer.allocate(AdminWire.LENGTH_BYTES);
      if (!fill(length, true)) {
        return null;
      }
      int bytes = length.flip().getInt();
      if (bytes < 0 || bytes > AdminWire.MAX_REPLY_BYTES) {
        throw new AdminException(
            node
                + " sent a reply of "
                + Integer.toUnsignedString(bytes)
                + " bytes; at most "
                + AdminWire.MAX_REPLY_BYTES
                + " are taken: is this the same version?");
      }
      ByteBuffer body = ByteBuffer.allocate(bytes);
      fill(body, false);
      return Reply.parseFrom(body.flip());
    } catch (InvalidProtocolBufferException e) {
      throw new AdminException(node + " sent a reply that makes no sense: " + e.getMessage(), e);
    } catch (ClosedChannelException e) {
      throw new AdminException(
          node + " did not answer within " + timeoutMillis + " ms; is it stopped or overloaded?",
          e);
    } catch (AdminException e) {
      throw e;
    } catch (IOException e) {
      throw new AdminException(node + " broke the connection: " + e.getMessage(), e);
    } finally {
      watchdog.cancel();
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private void send(Request request) throws IOException {
    byte[] body = request.toByteArray();
    if (body.length > AdminWire.MAX_REQUEST_BYTES) {
      throw new AdminException("the request is longer than any name can be");
    }
    ByteBuffer frame = ByteBuffer.allocate(AdminWire.LENGTH_BYTES + body.length);
    frame.putInt(body.length).put(body).flip();
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /** Reads until the buffer is full; false at an end of the stream that is allowed here. */
  private boolean fill(ByteBuffer into, boolean mayEnd) throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into) < 0) {
        if (mayEnd && into.position() == 0) {
          return false;
        }
        throw new AdminException(node + " ended in the middle of a reply");
      }
    }
    return true;
  }

  private static void closeQuietly(SocketChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // Nothing more is expected of this connection.
      }
    }
  }

  /** Closes the channel when time is up: a blocking read of a Unix socket has no timeout. */
  private static final class Watchdog extends Thread {
    private final SocketChannel channel;
    private final long timeoutMillis;

    Watchdog(SocketChannel channel, long timeoutMillis) {
      super("tl-watchdog");
      this.channel = channel;
      this.timeoutMillis = timeoutMillis;
      setDaemon(true);
      if (timeoutMillis > 0) {
        start();
      }
    }

    @Override
    public void run() {
      try {
        Thread.sleep(timeoutMillis);
        closeQuietly(channel);
      } catch (InterruptedException e) {
        // The reply came in time.
      }
    }

    void cancel() {
      interrupt();
    }
  }
}
