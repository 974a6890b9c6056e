package io.twinlog.appliance.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.Request;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AdminClientTest {

  @TempDir Path runDir;

  private AdminException failure(long timeoutMillis) {
    return assertThrows(
        AdminException.class,
        () -> {
          try (AdminClient client =
              AdminClient.ask("node alpha", runDir, Request.getDefaultInstance())) {
            client.next(timeoutMillis);
          }
        });
  }

  /** What the client says of a node that answers with these bytes and closes. */
  private String failureOn(ByteBuffer answer) throws Exception {
    try (ServerSocketChannel listener = listen()) {
      Thread node =
          new Thread(
              () -> {
                try (SocketChannel channel = listener.accept()) {
                  channel.write(answer);
                  // Until the client has gone, so that its request was taken.
                  while (channel.read(ByteBuffer.allocate(64)) > 0) {}
                } catch (IOException e) {
                  // The client has gone.
                }
              });
      node.start();
      String message = failure(0).getMessage();
      node.join();
      return message;
    }
  }

  private ServerSocketChannel listen() throws IOException {
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(AdminWire.socket(runDir)));
  }

  @Test
  void shouldSayHowToStartTheNodeWhenItDoesNotRun() throws IOException {
    assertEquals(
        "node alpha is not running (there is no "
            + AdminWire.socket(runDir)
            + "); start it with: twinlog node, or name another with --node or --run-dir",
        failure(0).getMessage());
    listen().close();
    assertEquals(
        "node alpha is not running (nothing listens at "
            + AdminWire.socket(runDir)
            + "); start it with: twinlog node",
        failure(0).getMessage());
  }

  @Test
  void shouldGiveUpWhenTheNodeDoesNotAnswerInTime() throws IOException {
    try (ServerSocketChannel stopped = listen()) {
      assertTrue(stopped.isOpen());
      assertEquals(
          "node alpha did not answer within 50 ms; is it stopped or overloaded?",
          failure(50).getMessage());
    }
  }

  @Test
  void shouldAllocateNothingWhenTheLengthIsBeyondTheLimit() throws Exception {
    ByteBuffer length = ByteBuffer.allocate(4).putInt(-1).flip();
    assertEquals(
        "node alpha sent a reply of 4294967295 bytes; at most 1048576 are taken: is this the same"
            + " version?",
        failureOn(length));
  }

  @Test
  void shouldSayThatTheReplyMakesNoSenseWhenItIsNoReply() throws Exception {
    ByteBuffer garbage = ByteBuffer.allocate(7).putInt(3).put(new byte[] {7, 7, 7}).flip();
    String message = failureOn(garbage);
    assertTrue(message.startsWith("node alpha sent a reply that makes no sense: "), message);
  }
}
