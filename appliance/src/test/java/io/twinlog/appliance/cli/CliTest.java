package io.twinlog.appliance.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.twinlog.appliance.admin.AdminServer;
import io.twinlog.appliance.admin.ScriptedService;
import io.twinlog.appliance.node.RunDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole command lines: what they print, and their exit codes. */
@Timeout(120)
class CliTest {

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) {
    out.reset();
    err.reset();
    return new Cli(
            Map.of("TWINLOG_RUN_DIR", directory.toString()),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8))
        .run(args);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private String config() throws IOException {
    String text =
        """
        resource r0 {
          size = 1 MiB
          backing { shelves = ["file:%s/r0.img?buffered"] }
          nodes {
            alpha { peer = "127.0.0.1:7788" }
            beta { peer = "127.0.0.1:7789" }
          }
        }
        """
            .formatted(directory);
    return Files.writeString(directory.resolve("twinlog.conf"), text).toString();
  }

  @Test
  void shouldEndWithTwoWhenTheLineMakesNoSense() {
    assertEquals(2, run());
    assertEquals("twinlog: no verb given; try: twinlog help\n", err());
    assertEquals(2, run("help", "promot"));
    assertEquals(
        "twinlog: unknown verb 'promot'; did you mean promote?; try: twinlog help\n", err());
    assertEquals(2, run("create", "r0"));
    assertEquals(
        "twinlog: which configuration? give --config FILE, or set TWINLOG_CONFIG\n", err());
    assertEquals(2, run("node", "--config", "x"));
    assertEquals("twinlog: which node? give --node NAME, or set TWINLOG_NODE\n", err());
  }

  @Test
  void shouldEndWithZeroWhenHelpIsAskedFor() {
    assertEquals(0, run("help"));
    assertTrue(out().contains("  switchover RESOURCE"));
    assertEquals(0, run("promote", "--help"));
    assertTrue(out().startsWith("usage: twinlog promote RESOURCE [--force] [--accept-loss]\n"));
    assertEquals(0, run("version"));
    assertTrue(out().startsWith("twinlog "));
  }

  @Test
  void shouldEndWithOneWhenTheNodeIsNotRunning() {
    assertEquals(1, run("status"));
    assertTrue(err().startsWith("twinlog: the node is not running (there is no "), err());
    assertEquals(1, err().lines().count());
    assertEquals("", out());
  }

  @Test
  void shouldPrintWhatTheNodeSaysWhenItRuns() throws Exception {
    AdminServer server = AdminServer.start(directory, new ScriptedService());
    try {
      assertEquals(0, run("status", "--json"));
      assertTrue(out().startsWith("{\"node\":\"alpha\",\"resources\":[{\"name\":\"r0\""), out());
      assertEquals(0, run("flush", "r0"));
      assertEquals("all logged\n", out());
      assertEquals(1, run("demote", "r0"));
      assertEquals("twinlog: not now; try later\n", err());
      assertEquals(1, run("status", "r1"));
      assertEquals("twinlog: node alpha has no resource\n", err());
      assertEquals(0, run("events", "--once"));
      assertEquals(
          """
          2026-01-02T03:04:05.678Z r0 role secondary
          2026-01-02T03:04:05.678Z r0 copy up-to-date
          """,
          out());
    } finally {
      server.close();
    }
  }

  @Test
  void shouldMakeCheckAndExportTheBackingWhenNoNodeRuns() throws Exception {
    String config = config();
    assertEquals(0, run("create", "r0", "--config", config), err());
    assertTrue(out().startsWith("made file:" + directory + "/r0.img?buffered for r0: "), out());
    assertEquals(1, run("create", "r0", "--config", config));
    assertTrue(err().contains("create --force"), err());
    assertEquals(0, run("create", "r0", "--force", "--config", config), err());
    assertTrue(out().startsWith("formatted "), out());
    assertEquals(0, run("check", "r0", "--config", config), err());
    assertTrue(out().contains("no acknowledged write is missing"), out());
    Path image = directory.resolve("image");
    assertEquals(0, run("export", "r0", image.toString(), "--config", config), err());
    assertEquals(1 << 20, Files.size(image));
    assertEquals(1, run("export", "r0", image.toString(), "--config", config));
    assertEquals("twinlog: " + image + " exists already; name a file that does not\n", err());
  }

  @Test
  void shouldRefuseToFormatWhenANodeRuns() throws Exception {
    String config = config();
    try (RunDir held = RunDir.take(directory)) {
      assertEquals(1, run("create", "r0", "--force", "--config", config));
      assertEquals(
          "twinlog: the node in %s (pid %d) is running and has resource r0; stop it first\n"
              .formatted(held.path(), ProcessHandle.current().pid()),
          err());
    }
  }

  @Test
  void shouldPrintEveryMistakeWhenTheConfigurationIsWrong() throws Exception {
    Path file = Files.writeString(directory.resolve("bad.conf"), "a = 1\nb = 2\n");
    assertEquals(1, run("check", "r0", "--config", file.toString()));
    assertEquals(
        "twinlog: %1$s:1: a: unknown key; allowed: resource NAME { ... }\n".formatted(file)
            + "twinlog: %1$s:2: b: unknown key; allowed: resource NAME { ... }\n".formatted(file),
        err());
    assertEquals(1, run("check", "r9", "--config", config()));
    assertTrue(err().contains("has no resource 'r9'; did you mean r0?; it has: r0"), err());
  }
}
