package io.twinlog.deploy.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.proto.admin.ResourceStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Copies that are compared, and one that is not what it should be. */
@Tag("process")
final class VerifyTest {
  private static final int AT = 5 << 20;
  private static final int BLOCK = 4096;

  private Pair pair;

  @BeforeEach
  void start() throws Exception {
    pair = Pair.start();
  }

  @AfterEach
  void stop() throws Exception {
    pair.close();
  }

  @Test
  void shouldFindAllCopiesEqualWhileFioWrites() throws Exception {
    Tools.need("fio");
    try (Fio fio = Fio.verifying(pair, 16)) {
      ResourceStatus before =
          pair.alpha.await("writes", s -> s.getCounters().getWrittenBytes() > 1L << 20, Pair.SOON);
      String peer = pair.alpha.twinlog("verify", "r0").orFail().text();
      assertTrue(peer.contains("all are equal"), peer);
      long written = pair.alpha.status().getCounters().getWrittenBytes();
      assertTrue(written > before.getCounters().getWrittenBytes(), "nothing was written meanwhile");
      String backing = pair.alpha.twinlog("verify", "r0", "--backing").orFail().text();
      assertTrue(backing.contains("all are equal"), backing);
      fio.orFail();
    }
    ResourceStatus status = pair.alpha.status();
    assertEquals(2 * pair.sizeBytes(), status.getVerify().getVerifiedBytes());
    assertEquals(0, status.getVerify().getFoundBytes());
  }

  @Test
  void shouldFindAndRepairTheBlockWhenTheDataAreaIsOverwritten() throws Exception {
    byte[] content = fill();
    pair.alpha.await(
        "a checkpoint of everything",
        s -> s.getBacking().getCheckpointNumber() == s.getBacking().getCommittedNumber(),
        Pair.SOON);
    Path shelf = pair.config().backing();
    assertArrayEquals(content, blockOf(shelf));
    try (FileChannel file = FileChannel.open(shelf, StandardOpenOption.WRITE)) {
      file.write(
          ByteBuffer.wrap("this is not what was written".getBytes(StandardCharsets.UTF_8)),
          AT + 100L);
      file.force(true);
    }

    Launcher.Result found = pair.alpha.twinlog("verify", "r0", "--backing");
    assertEquals(1, found.exitCode(), found::toString);
    assertTrue(found.err().contains("backing at " + AT + "+" + BLOCK), found::toString);
    assertEquals(AT, pair.alpha.status().getVerify().getDifferences(0).getOffsetBytes());

    pair.alpha.twinlog("resync", "r0").orFail();
    pair.alpha.await(
        "the repair",
        s -> {
          try {
            return Arrays.equals(content, blockOf(shelf));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        },
        Pair.SOON);
    pair.alpha.twinlog("verify", "r0", "--backing").orFail();
    assertTrue(Pair.isWhole(pair.alpha.status()));
  }

  @Test
  void shouldFindAndRepairTheBlockWhenABitFlipsInTheSecondarysRam() throws Exception {
    byte[] content = fill();
    pair.alpha.twinlog("verify", "r0").orFail();
    ProcessMemory memory = ProcessMemory.of(pair.beta.pid());
    long address = memory.find(content, pair.sizeBytes());
    memory.flipBit(address + 77);

    Launcher.Result found = pair.alpha.twinlog("verify", "r0");
    assertEquals(1, found.exitCode(), found::toString);
    assertTrue(found.err().contains("peer at " + AT + "+" + BLOCK), found::toString);
    String repaired = pair.alpha.twinlog("resync", "r0").orFail().text();
    assertTrue(repaired.contains(BLOCK + " bytes are repaired"), repaired);
    pair.alpha.twinlog("verify", "r0").orFail();
    assertArrayEquals(content, memory.read(address, BLOCK));
  }

  /** Writes the block, with bytes that are nowhere else. */
  private byte[] fill() throws Exception {
    byte[] content = new byte[BLOCK];
    new Random(42).nextBytes(content);
    Path file = pair.directory().resolve("content");
    byte[] device = new byte[(int) pair.sizeBytes()];
    System.arraycopy(content, 0, device, AT, BLOCK);
    Files.write(file, device);
    Tools.need("nbdcopy");
    Launcher.run("nbdcopy", "--allocated", file.toString(), pair.alpha.uri()).orFail();
    return content;
  }

  private static byte[] blockOf(Path shelf) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    try (FileChannel file = FileChannel.open(shelf)) {
      file.read(block, AT);
    }
    return block.array();
  }
}
