package io.twinlog.deploy.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code deploy/bin/twinlog}, and other programs, run to their end. */
public final class Launcher {

  /** No program that is run to its end takes longer, unless something is wrong. */
  private static final long LIMIT_SECONDS = 180;

  private Launcher() {}

  /**
   * How a program ended.
   *
   * @param millis how long it ran
   */
  public record Result(List<String> command, int exitCode, String out, String err, long millis) {

    /** Fails unless the program succeeded. */
    public Result orFail() {
      if (exitCode != 0) {
        throw new AssertionError(this);
      }
      return this;
    }

    /** Everything the program said. */
    public String text() {
      return out + err;
    }

    @Override
    public String toString() {
      return String.join(" ", command) + "\nexit code " + exitCode + "\n" + out + err;
    }
  }

  /** The command that users type. */
  static Path twinlog() {
    // Surefire runs tests in the module's folder.
    return Path.of("bin", "twinlog").toAbsolutePath();
  }

  /** Runs a program; it ends within three minutes or the caller fails. */
  public static Result run(List<String> command) throws IOException, InterruptedException {
    Path out = Files.createTempFile("out", ".txt");
    Path err = Files.createTempFile("err", ".txt");
    try {
      long start = System.nanoTime();
      Process process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      try {
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
          throw new AssertionError(
              String.join(" ", command) + " did not end; it said: " + read(out) + read(err));
        }
      } finally {
        process.destroyForcibly();
      }
      long millis = (System.nanoTime() - start) / 1_000_000;
      return new Result(command, process.exitValue(), read(out), read(err), millis);
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /** Runs a program; it ends within three minutes or the caller fails. */
  public static Result run(String... command) throws IOException, InterruptedException {
    return run(List.of(command));
  }

  /** The last lines of a log, for messages. */
  static String tail(Path file) {
    try {
      List<String> lines = Files.exists(file) ? Files.readAllLines(file) : new ArrayList<>();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
    } catch (IOException e) {
      return "(" + file + " cannot be read: " + e.getMessage() + ")";
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
