package io.twinlog.blockdev.nbd;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Runs the programs of others; a test whose program is absent is skipped, and says so. */
final class Tools {

  /** What a program said and how it ended. */
  record Outcome(int exitCode, String output) {

    Outcome expectSuccess() {
      if (exitCode != 0) {
        throw new AssertionError("exit code " + exitCode + ": " + output);
      }
      return this;
    }
  }

  private Tools() {}

  /** Skips the test when the program is not on this machine. */
  static void need(String program) {
    Assumptions.assumeTrue(
        find(program) != null, () -> "SKIPPED: " + program + " is not installed here");
  }

  /** Runs a program to its end, with standard output and error together. */
  static Outcome run(String... command) throws IOException, InterruptedException {
    return run(List.of(command));
  }

  static Outcome run(List<String> command) throws IOException, InterruptedException {
    need(command.get(0));
    Path output = Files.createTempFile("twinlog-tool", ".txt");
    try {
      String[] arguments = command.toArray(String[]::new);
      arguments[0] = find(command.get(0));
      ProcessBuilder builder =
          new ProcessBuilder(arguments)
              .redirectErrorStream(true)
              .redirectInput(new File("/dev/null"))
              .redirectOutput(output.toFile());
      // The system's own programs first: nbdsh needs the Python that its module was built for.
      builder.environment().compute("PATH", (name, path) -> "/usr/bin:/bin:" + path);
      Process process = builder.start();
      if (!process.waitFor(120, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(
            command + " does not end: " + Files.readString(output, StandardCharsets.UTF_8));
      }
      return new Outcome(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      Files.delete(output);
    }
  }

  private static String find(String program) {
    return Stream.concat(
            Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/sbin"))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElse(null);
  }
}
