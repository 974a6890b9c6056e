package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.blockdev.BlockError;
import io.twinlog.blockdev.BlockRequest;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The transmission, byte for byte as {@code doc/proto.md} has it: sections "Request message",
 * "Simple reply message", "Structured reply chunk message", "Request types" and "Error values". The
 * device has 1 MiB.
 */
class TransmissionTest {

  private static final String REQUEST = "25609513";
  private static final String SIMPLE = "67446698";
  private static final String CHUNK = "668e33ef";
  private static final String COOKIE = "0123456789abcdef";

  @Test
  void shouldKeepBytesWhenWrittenAndRead() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send(REQUEST + "0000 0001" + COOKIE + "0000000000000ffe 00000004 'abcd'");
      client.expect(SIMPLE + "00000000" + COOKIE);
      client.send(REQUEST + "0000 0000" + COOKIE + "0000000000000ffd 00000006");
      client.expect(SIMPLE + "00000000" + COOKIE + "00 'abcd' 00");
    }
  }

  @Test
  void shouldReplyWithOneDataChunkWhenRepliesAreStructured() {
    try (EmbeddedClient client = EmbeddedClient.structured()) {
      client.send(REQUEST + "0001 0001" + COOKIE + "0000000000000100 00000003 'xyz'");
      client.expect(SIMPLE + "00000000" + COOKIE);
      client.send(REQUEST + "0004 0000" + COOKIE + "0000000000000100 00000003");
      client.expect(CHUNK + "0001 0001" + COOKIE + "0000000b 0000000000000100 'xyz'");
    }
  }

  @Test
  void shouldReplyWithHolesWhenLongReadFindsZeros() {
    try (EmbeddedClient client = EmbeddedClient.structured()) {
      client.service().ram().write(0x20000, ByteBuffer.wrap(new byte[] {7}));
      client.send(REQUEST + "0000 0000" + COOKIE + "0000000000010000 00030000");
      client.expect(
          (CHUNK + "0000 0002" + COOKIE + "0000000c 0000000000010000 00010000")
              + (CHUNK + "0000 0001" + COOKIE + "00010008 0000000000020000 07")
              + Wire.repeat("00", 0xffff)
              + (CHUNK + "0001 0002" + COOKIE + "0000000c 0000000000030000 00010000"));
    }
  }

  @Test
  void shouldReplyWithOneChunkWhenClientForbidsFragments() {
    try (EmbeddedClient client = EmbeddedClient.structured()) {
      client.send(REQUEST + "0004 0000" + COOKIE + "0000000000000000 00020000");
      client.expect(
          CHUNK + "0001 0001" + COOKIE + "00020008 0000000000000000" + Wire.repeat("00", 0x20000));
    }
  }

  @Test
  void shouldReadAsZerosWhenTrimmedOrZeroed() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send(REQUEST + "0000 0001" + COOKIE + "0000000000000000 00000004 'abcd'");
      client.receive();
      client.send(REQUEST + "0000 0004" + COOKIE + "0000000000000000 00000001");
      client.expect(SIMPLE + "00000000" + COOKIE);
      // NO_HOLE, FAST_ZERO and FUA.
      client.send(REQUEST + "0013 0006" + COOKIE + "0000000000000002 00000001");
      client.expect(SIMPLE + "00000000" + COOKIE);
      client.send(REQUEST + "0000 0000" + COOKIE + "0000000000000000 00000004");
      client.expect(SIMPLE + "00000000" + COOKIE + "00 'b' 00 'd'");
    }
  }

  @Test
  void shouldPassRangeFlagsAndPayloadOnWhenDeviceTakesRequests() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().hold();
      client.send(REQUEST + "0001 0001" + COOKIE + "0000000000000005 00000002 'ab'");
      client.send(REQUEST + "0001 0003" + COOKIE + "0000000000000000 00000000");
      client.send(REQUEST + "0000 0006" + COOKIE + "0000000000000001 000fffff");
      BlockRequest write = client.service().held().get(0);
      assertEquals(BlockRequest.Command.WRITE, write.command());
      assertEquals(5, write.offsetBytes());
      assertEquals(2, write.lengthBytes());
      assertTrue(write.forceUnitAccess());
      assertEquals(2, write.payload().readableBytes());
      BlockRequest flush = client.service().held().get(1);
      assertEquals(BlockRequest.Command.FLUSH, flush.command());
      BlockRequest zeroes = client.service().held().get(2);
      assertEquals(BlockRequest.Command.WRITE_ZEROES, zeroes.command());
      assertEquals(0xfffff, zeroes.lengthBytes());
      assertFalse(zeroes.forceUnitAccess());
    }
  }

  /** 100 MiB at 1 MiB: parts of 32 MiB, the last of 4 MiB; one reply. */
  @Test
  void shouldGiveTheDeviceOnePartAfterTheOtherWhenARangeWithoutPayloadIsLong() {
    try (EmbeddedClient client = EmbeddedClient.ofSize(128 << 20)) {
      client.service().hold();
      client.send(REQUEST + "0001 0004" + COOKIE + "0000000000100000 06400000");
      for (int part = 0; part < 4; part++) {
        assertEquals(1, client.service().heldRequests(), "one at a time");
        BlockRequest trim = client.service().held().get(0);
        assertEquals(BlockRequest.Command.TRIM, trim.command());
        assertEquals((1L << 20) + part * (32L << 20), trim.offsetBytes());
        assertEquals(part < 3 ? 32 << 20 : 4 << 20, trim.lengthBytes());
        // Later parts have later numbers, so it suffices for the last one.
        assertEquals(part == 3, trim.forceUnitAccess());
        client.expect("");
        client.service().answerHeld();
        client.service().hold();
        client.channel().runPendingTasks();
      }
      client.expect(SIMPLE + "00000000" + COOKIE);
    }
  }

  @Test
  void shouldSendNoFurtherPartWhenTheClientHasGone() {
    try (EmbeddedClient client = EmbeddedClient.ofSize(128 << 20)) {
      client.service().hold();
      client.send(REQUEST + "0000 0006" + COOKIE + "0000000000000000 08000000");
      var unused = client.channel().close();
      client.channel().runPendingTasks();
      client.service().answerHeld();
      client.channel().runPendingTasks();
      assertEquals(1, client.service().submitted());
    }
  }

  @Test
  void shouldAcknowledgeCacheWithoutTheDevice() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send(REQUEST + "0000 0005" + COOKIE + "0000000000000000 00100000");
      client.expect(SIMPLE + "00000000" + COOKIE);
      assertEquals(0, client.service().submitted());
    }
  }

  @Test
  void shouldSucceedWhenRangeIsEmpty() {
    try (EmbeddedClient client = EmbeddedClient.structured()) {
      client.send(REQUEST + "0000 0000" + COOKIE + "0000000000100000 00000000");
      client.expect(CHUNK + "0001 0000" + COOKIE + "00000000");
      for (String command : new String[] {"0001", "0004", "0005", "0006"}) {
        client.send(REQUEST + "0000" + command + COOKIE + "0000000000000000 00000000");
        client.expect(SIMPLE + "00000000" + COOKIE);
      }
      assertEquals(0, client.service().submitted());
    }
  }

  @Test
  void shouldDescribeZeroBlocksAsHolesWhenStatusIsAsked() {
    try (EmbeddedClient client = EmbeddedClient.structured()) {
      client.service().ram().write(0x2fff, ByteBuffer.wrap(new byte[] {7}));
      client.send(REQUEST + "0000 0007" + COOKIE + "0000000000000800 00003000");
      client.expect(
          CHUNK
              + "0001 0005"
              + COOKIE
              + "0000001c 00000001"
              + "00001800 00000003"
              + "00001000 00000000"
              + "00000800 00000003");
      // REQ_ONE
      client.send(REQUEST + "0008 0007" + COOKIE + "0000000000000800 00003000");
      client.expect(CHUNK + "0001 0005" + COOKIE + "0000000c 00000001 00001800 00000003");
    }
  }

  @Test
  void shouldCloseWithoutReplyWhenClientDisconnects() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send(REQUEST + "0000 0002" + COOKIE + "0000000000000000 00000000");
      client.expect("");
      client.expectClosed();
    }
  }

  @Test
  void shouldAnswerOutstandingRequestsWhenClientDisconnects() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().hold();
      client.send(
          (REQUEST + "0000 0001" + COOKIE + "0000000000000000 00000001 'a'")
              + (REQUEST + "0000 0002" + COOKIE + "0000000000000000 00000000")
              + (REQUEST + "0000 0001" + COOKIE + "0000000000000000 00000001 'b'"));
      client.expectOpen();
      assertEquals(1, client.service().heldRequests());
      client.service().answerHeld();
      client.expect(SIMPLE + "00000000" + COOKIE);
      client.expectClosed();
      assertEquals(1, client.service().submitted());
    }
  }

  @ParameterizedTest
  @CsvSource({
    // flags, command, offset, length, errno: "Error values"
    "0000, 0000, 0000000000100000, 00000001, 16", // read past the end: EINVAL
    "0000, 0000, ffffffffffffffff, 00000001, 16",
    "0000, 0000, 8000000000000000, 00001000, 16",
    "0000, 0004, 00000000000fffff, 00000002, 16", // trim past the end: EINVAL
    "0000, 0005, 00000000000fffff, 00000002, 16",
    "0000, 0006, 00000000000fffff, 00000002, 1c", // write zeroes past the end: ENOSPC
    "0000, 0006, 0000000000000000, ffffffff, 1c",
    "0000, 0008, 0000000000000000, 00000000, 16", // unknown command
    "0000, ffff, 0000000000000000, 00000000, 16",
    "0002, 0000, 0000000000000000, 00000001, 16", // unknown or wrong flag
    "0004, 0000, 0000000000000000, 00000001, 16", // DF without structured replies
    "0008, 0004, 0000000000000000, 00000001, 16",
    "0020, 0000, 0000000000000000, 00000001, 16",
    "8000, 0003, 0000000000000000, 00000000, 16",
    "0000, 0003, 0000000000000000, 00000001, 16", // flush with a range
    "0000, 0007, 0000000000000000, 00001000, 16", // status without a context
  })
  void shouldReplyWithErrorWhenRequestIsWrong(
      String flags, String command, String offset, String length, String errno) {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send(REQUEST + flags + command + COOKIE + offset + length);
      client.expect(SIMPLE + "000000" + errno + COOKIE);
      assertEquals(0, client.service().submitted());
      client.expectOpen();
    }
  }

  @Test
  void shouldSkipPayloadAndReplyNoSpaceWhenWriteEndsPastTheEnd() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send(REQUEST + "0000 0001" + COOKIE + "00000000000ffffe 00000004 'ab'");
      client.expect("");
      client.send("'cd'" + REQUEST + "0000 0000" + COOKIE + "00000000000ffffe 00000002");
      client.expect(SIMPLE + "0000001c" + COOKIE + SIMPLE + "00000000" + COOKIE + "0000");
    }
  }

  @Test
  void shouldReplyWithErrorChunkAndTextWhenRepliesAreStructured() {
    try (EmbeddedClient client = EmbeddedClient.structured()) {
      client.send(REQUEST + "0000 0000" + COOKIE + "0000000000100000 00000001");
      client.expect(
          CHUNK
              + "0001 8001"
              + COOKIE
              + "00000028 00000016 0022 'the range is not inside the export'");
      client.send(REQUEST + "0000 0007" + COOKIE + "0000000000000000 00000000");
      client.expect(
          CHUNK + "0001 8001" + COOKIE + "00000022 00000016 001c 'an empty range has no status'");
    }
  }

  @ParameterizedTest
  @CsvSource({"IO, 05", "SHUTDOWN, 6c", "INVALID, 16", "OUT_OF_RANGE, 1c"})
  void shouldMapErrorWhenDeviceRefusesWrite(BlockError error, String errno) {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().failWith(error);
      client.send(REQUEST + "0000 0001" + COOKIE + "0000000000000000 00000001 'a'");
      client.expect(SIMPLE + "000000" + errno + COOKIE);
      client.expectOpen();
    }
  }

  @Test
  void shouldSendNoDataWhenDeviceRefusesRead() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.service().failWith(BlockError.IO);
      client.send(REQUEST + "0000 0000" + COOKIE + "0000000000000000 00001000");
      client.expect(SIMPLE + "00000005" + COOKIE);
    }
  }

  @Test
  void shouldCloseWhenRequestHasNoMagic() {
    try (EmbeddedClient client = EmbeddedClient.simple()) {
      client.send("25609514 0000 0000" + COOKIE + "0000000000000000 00001000");
      client.expectClosed();
      assertEquals(0, client.receive().length);
    }
  }
}
