package io.twinlog.blockdev.aoe;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Runs other people's programs; a test that needs an absent one is skipped, and says so. */
final class Programs {

  private Programs() {}

  static void need(String... programs) throws IOException, InterruptedException {
    for (String program : programs) {
      Assumptions.assumeTrue(
          start("command -v " + program, new File("/dev/null")).waitFor() == 0,
          () -> "SKIPPED: " + program + " is not installed here");
    }
  }

  /** Runs a shell command to its end and returns what it said; fails if it does. */
  static String run(String command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("twinlog-program", ".txt");
    try {
      Process process = start(command, output.toFile());
      if (!process.waitFor(120, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(command + " does not end");
      }
      String said = Files.readString(output, StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new AssertionError(command + ": exit code " + process.exitValue() + ": " + said);
      }
      return said;
    } finally {
      Files.delete(output);
    }
  }

  /** Starts a shell command; {@code exec} in front makes the process the program itself. */
  static Process start(String command, File output) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-c", command)
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(output);
    builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
    return builder.start();
  }
}
