package io.twinlog.blockdev.nbd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real clients against a server in this process, over TCP unless it says otherwise. */
@Tag("interop")
class NbdInteropTest {

  private static final int SIZE_BYTES = 64 << 20;

  @TempDir private Path directory;
  private ServerFixture server;
  private String uri;

  @BeforeEach
  void start() throws Exception {
    server = ServerFixture.tcp(SIZE_BYTES);
    uri = "nbd://127.0.0.1:" + server.port();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void shouldListExportWithItsPropertiesWhenNbdinfoAsks() throws Exception {
    String output = Tools.run("nbdinfo", "--list", uri).expectSuccess().output();
    assertTrue(output.contains("export=\"r0\""), output);
    assertTrue(output.contains("description: resource 0"), output);
    assertTrue(output.contains("export-size: " + SIZE_BYTES), output);
    for (String flag :
        new String[] {
          "can_cache: true",
          "can_df: true",
          "can_fast_zero: true",
          "can_flush: true",
          "can_fua: true",
          "can_multi_conn: true",
          "can_trim: true",
          "can_zero: true",
          "is_read_only: false",
          "block_size_minimum: 1",
          "block_size_preferred: 4096",
          "block_size_maximum: 33554432",
          "base:allocation"
        }) {
      assertTrue(output.contains(flag), () -> flag + " is missing in " + output);
    }
  }

  @Test
  void shouldSizeDefaultExportWhenNbdinfoAsks() throws Exception {
    String output = Tools.run("nbdinfo", "--size", uri).expectSuccess().output();
    assertEquals(SIZE_BYTES, Integer.parseInt(output.strip()));
  }

  @Test
  void shouldMapHolesWhenNbdinfoAsks() throws Exception {
    server.runOnLoop(() -> server.service().ram().write(1 << 20, ByteBuffer.wrap(new byte[] {1})));
    String output = Tools.run("nbdinfo", "--map", uri + "/r0").expectSuccess().output();
    String[] lines = output.lines().toArray(String[]::new);
    assertEquals("0 1048576 3 hole,zero", words(lines[0]));
    assertEquals("1048576 4096 0 data", words(lines[1]));
    assertEquals("1052672 " + (SIZE_BYTES - 1052672) + " 3 hole,zero", words(lines[2]));
    assertEquals(3, lines.length, output);
  }

  private static String words(String line) {
    return line.strip().replaceAll("\\s+", " ");
  }

  @Test
  void shouldShowRefusalWhenNotPrimary() throws Exception {
    server.runOnLoop(server.service()::leavePrimary);
    Tools.Outcome libnbd = Tools.run("nbdinfo", uri + "/r0");
    assertNotEquals(0, libnbd.exitCode());
    Tools.Outcome qemu = Tools.run("qemu-img", "info", uri + "/r0");
    assertNotEquals(0, qemu.exitCode());
    assertTrue(qemu.output().contains("the primary is beta"), qemu.output());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void shouldKeepEveryByteWhenNbdcopyCopiesBothWays(int connections) throws Exception {
    Path source = sparseFile();
    Path copy = directory.resolve("copy");
    Files.write(copy, new byte[SIZE_BYTES]);
    String option = "--connections=" + connections;
    Tools.run("nbdcopy", option, source.toString(), uri).expectSuccess();
    Tools.run("nbdcopy", option, uri, copy.toString()).expectSuccess();
    assertEquals(-1, Files.mismatch(source, copy));
  }

  @Test
  void shouldCompareEqualWhenQemuImgHasConverted() throws Exception {
    Path source = sparseFile();
    Tools.run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", source.toString(), uri)
        .expectSuccess();
    Tools.run("qemu-img", "compare", "-f", "raw", "-F", "raw", source.toString(), uri)
        .expectSuccess();
    String map =
        Tools.run("qemu-img", "map", "--output=json", "-f", "raw", uri).expectSuccess().output();
    assertTrue(map.contains("\"zero\": true"), map);
  }

  @Test
  void shouldKeepPatternsWhenQemuIoWritesZerosAndDiscards() throws Exception {
    String output =
        Tools.run(
                "qemu-io",
                "-f",
                "raw",
                "-d",
                "unmap",
                "-c",
                "write -P 0x5a 0 1M",
                "-c",
                "write -f -P 0xa5 512k 33000000",
                "-c",
                "aio_write -P 0x11 48M 1M",
                "-c",
                "aio_flush",
                "-c",
                "write -z 4k 4k",
                "-c",
                "write -z -u 8k 4k",
                "-c",
                "write -z -n 12k 4k",
                "-c",
                "discard 64k 64k",
                "-c",
                "flush",
                "-c",
                "read -P 0x5a 0 4k",
                "-c",
                "read -P 0 4k 12k",
                "-c",
                "read -P 0x5a 16k 48k",
                "-c",
                "read -P 0 64k 64k",
                "-c",
                "read -P 0xa5 512k 33000000",
                "-c",
                "read -P 0x11 48M 1M",
                uri)
            .expectSuccess()
            .output();
    assertTrue(!output.contains("failed") && !output.contains("error"), output);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32})
  void shouldPassFioVerificationAtDepth(int depth) throws Exception {
    Tools.need("fio");
    Tools.Outcome fio =
        Tools.run(
            "fio",
            "--name=verify",
            "--ioengine=nbd",
            "--uri=" + uri,
            "--rw=randrw",
            "--bssplit=4k/60:512/10:64k/20:1m/10",
            "--size=32m",
            "--iodepth=" + depth,
            "--verify=crc32c",
            "--verify_fatal=1",
            "--verify_state_save=0",
            "--fsync=64",
            "--minimal");
    fio.expectSuccess();
  }

  @Test
  void shouldListExportsWhenNbdClientAsks() throws Exception {
    String output =
        Tools.run("nbd-client", "-l", "127.0.0.1", "-p", Integer.toString(server.port()))
            .expectSuccess()
            .output();
    assertTrue(output.contains("r0"), output);
  }

  @Test
  void shouldServeUnixSocketWhenClientsUseOne() throws Exception {
    Path socket = directory.resolve("nbd.sock");
    Path source = sparseFile();
    try (ServerFixture unix = ServerFixture.unix(socket, SIZE_BYTES)) {
      String unixUri = "nbd+unix:///r0?socket=" + socket;
      Tools.run("nbdcopy", source.toString(), unixUri).expectSuccess();
      Tools.run("qemu-img", "compare", source.toString(), unixUri).expectSuccess();
      assertTrue(unix.service().submitted() > 0);
    }
    assertTrue(Files.notExists(socket));
  }

  @Test
  void shouldSeeFlushedWriteOnOtherConnectionWhenLibnbdUsesTwo() throws Exception {
    String script =
        """
        h2 = nbd.NBD()
        h2.connect_uri("%s")
        assert h.can_multi_conn()
        for i in range(64):
            h.pwrite(bytes([i + 1]) * 4096, i * 4096)
            h.flush()
            assert h2.pread(4096, i * 4096) == bytes([i + 1]) * 4096
        h2.pwrite(b"x" * 512, 512, nbd.CMD_FLAG_FUA)
        assert h.pread(512, 512) == b"x" * 512
        try:
            h.set_strict_mode(0)
            h.pread(1, h.get_size())
            assert False
        except nbd.Error as e:
            assert e.errno == "EINVAL", e
        try:
            h.pwrite(b"x", h.get_size())
            assert False
        except nbd.Error as e:
            assert e.errno == "ENOSPC", e
        print("multi-conn ok")
        """
            .formatted(uri);
    String output = Tools.run("nbdsh", "-u", uri, "-c", script).expectSuccess().output();
    assertTrue(output.contains("multi-conn ok"), output);
  }

  @Test
  void shouldWorkThroughNbdkitWhenItIsTheClient() throws Exception {
    Path source = sparseFile();
    Tools.run(
            "nbdkit",
            "-U",
            "-",
            "nbd",
            "hostname=127.0.0.1",
            "port=" + server.port(),
            "--run",
            "nbdcopy " + source + " \"$uri\"")
        .expectSuccess();
    Tools.run("qemu-img", "compare", source.toString(), uri).expectSuccess();
  }

  /** Random data with holes, as long as the device. */
  private Path sparseFile() throws Exception {
    byte[] content = new byte[SIZE_BYTES];
    Random random = new Random(20);
    random.nextBytes(content);
    for (int i = 0; i < 40; i++) {
      int from = random.nextInt(SIZE_BYTES - (1 << 20));
      Arrays.fill(content, from, from + random.nextInt(1 << 20), (byte) 0);
    }
    Path file = directory.resolve("source");
    Files.write(file, content);
    return file;
  }
}
