package io.twinlog.blockdev.ram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.twinlog.blockdev.sys.LockedMemoryLimit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Locking, in child processes: their limits and capabilities are theirs alone. */
class MappedRamLockTest {

  private static final long SIZE = 1 << 20;

  /** What the child does: maps a locked device and says how that went. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws IOException {
      long lockedBefore = LockedMemoryLimit.current().lockedBytes();
      try (MappedRam ram = MappedRam.map(SIZE, new RamOptions(true, false))) {
        long locked = LockedMemoryLimit.current().lockedBytes() - lockedBefore;
        System.out.println("locked " + locked + "; " + ram.description());
      } catch (MemoryLockException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  @Test
  void shouldHoldEveryPageWhenLockIsAllowed() throws Exception {
    assumeTrue(
        LockedMemoryLimit.current().limitBytes() >= SIZE, "SKIPPED: RLIMIT_MEMLOCK below 1 MiB");
    assertEquals(
        "locked 1048576; 1048576 bytes, locked, normal pages", run("prlimit", "--memlock=2097152"));
  }

  @Test
  void shouldNameTheLimitAndTheWayOutWhenLockIsRefused() throws Exception {
    // Root may lock anything, so the child goes without that capability.
    String said = run("setpriv", "--bounding-set=-ipc_lock", "prlimit", "--memlock=65536:65536");
    assertTrue(said.startsWith("refused: cannot lock the RAM device"), said);
    for (String part :
        List.of(
            "mlock: ENOMEM",
            "RLIMIT_MEMLOCK is 65536 bytes",
            "needed are 1048576 bytes",
            "--no-mlock")) {
      assertTrue(said.contains(part), said);
    }
  }

  private static String run(String... prefix) throws Exception {
    for (String tool : prefix) {
      assumeTrue(
          tool.startsWith("-") || Files.isExecutable(Path.of("/usr/bin", tool)),
          "SKIPPED: no " + tool);
    }
    List<String> command = new ArrayList<>(List.of(prefix));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx32m", "-XX:+UseSerialGC", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(Child.class.getName());
    Process child =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    assertEquals(0, child.waitFor(), said);
    return said;
  }
}
