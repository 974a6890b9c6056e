package io.twinlog.blockdev.aoe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.twinlog.blockdev.aoe.AoeMessage.Ata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What we encode, as an independent decoder reads it: tshark's AoE dissector. */
class TsharkTest {

  private static final List<String> FIELDS =
      List.of(
          "eth.dst",
          "eth.src",
          "aoe.version",
          "aoe.response",
          "aoe.flags_error",
          "aoe.error",
          "aoe.major",
          "aoe.minor",
          "aoe.cmd",
          "aoe.tag",
          "aoe.aflags.e",
          "aoe.aflags.d",
          "aoe.aflags.a",
          "aoe.aflags.w",
          "aoe.err_feature",
          "aoe.sector_count",
          "aoe.ata.cmd",
          "aoe.ata.status",
          "aoe.lba");

  @TempDir private Path directory;

  @Test
  void shouldMeanTheSameToTshark() throws Exception {
    Programs.need("tshark");
    // The dissector goes into version 1 only.
    List<AoeFrame> frames =
        Arrays.stream(Golden.values())
            .map(Golden::frame)
            .filter(frame -> frame.header().version() == AoeHeader.VERSION)
            .toList();
    Path capture = directory.resolve("aoe.pcap");
    write(capture, frames);

    StringBuilder command = new StringBuilder("tshark -r " + capture + " -T fields -E separator=,");
    FIELDS.forEach(field -> command.append(" -e ").append(field));
    // As root it warns, on standard error, that it should not be.
    List<String> lines = Programs.run(command + " 2>/dev/null").lines().toList();

    assertEquals(frames.size(), lines.size());
    for (int i = 0; i < lines.size(); i++) {
      assertEquals(
          expected(frames, frames.get(i)), lines.get(i), "frame " + i + ": " + frames.get(i));
    }
  }

  private static String expected(List<AoeFrame> frames, AoeFrame frame) {
    AoeHeader header = frame.header();
    String common =
        String.join(
            ",",
            header.destination().toString(),
            header.source().toString(),
            "1",
            flag(header.response()),
            flag(header.error() != null),
            // The dissector gives the code in responses with the error flag only.
            header.error() == null ? "" : Integer.toString(header.error().code()),
            String.format("0x%04x", header.address().shelf()),
            String.format("0x%02x", header.address().slot()),
            Integer.toString(header.command()),
            String.format("0x%08x", header.tag()));
    if (!(frame.message() instanceof Ata ata)) {
      return common + ",,,,,,,,,";
    }
    return common
        + ","
        + String.join(
            ",",
            flag(ata.isExtended()),
            // The dissector shows D only beside E, and A only beside W.
            ata.isExtended() ? flag((ata.flags() & Ata.FLAG_DEVICE) != 0) : "",
            ata.isWrite() ? flag((ata.flags() & Ata.FLAG_ASYNCHRONOUS) != 0) : "",
            flag(ata.isWrite()),
            String.format("0x%02x", ata.feature()),
            Integer.toString(ata.sectors()),
            request(frames, header.tag()),
            header.response() ? String.format("0x%02x", ata.operation()) : "",
            String.format("0x%016x", ata.lba()));
  }

  /** The dissector shows the command of a response's request as well, when it has seen that. */
  private static String request(List<AoeFrame> frames, int tag) {
    return frames.stream()
        .filter(frame -> !frame.header().response() && frame.header().tag() == tag)
        .filter(frame -> frame.message() instanceof Ata)
        .map(frame -> String.format("0x%02x", ((Ata) frame.message()).operation()))
        .findFirst()
        .orElse("");
  }

  private static String flag(boolean set) {
    return set ? "1" : "0";
  }

  /** The classic pcap format: link type 1 is Ethernet. */
  private static void write(Path file, List<AoeFrame> frames) throws IOException {
    ByteBuffer pcap = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    pcap.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0);
    pcap.putInt(65535).putInt(1);
    for (AoeFrame frame : frames) {
      byte[] bytes = AoeFrameTest.bytes(frame);
      pcap.putInt(0).putInt(0).putInt(bytes.length).putInt(bytes.length).put(bytes);
    }
    Files.write(file, Arrays.copyOf(pcap.array(), pcap.position()));
  }
}
