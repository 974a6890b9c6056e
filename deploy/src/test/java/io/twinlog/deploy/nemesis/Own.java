package io.twinlog.deploy.nemesis;

import io.twinlog.deploy.process.Launcher;
import io.twinlog.deploy.process.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A program in process, mount and network namespaces of its own. The kernel ends, unmounts and
 * removes everything in them when the program ends, and the program ends when this process does.
 */
final class Own {

  /** Where a failed run is kept. Surefire runs tests in the module's folder. */
  private static final Path KEPT = Path.of("target", "nemesis").toAbsolutePath();

  private Own() {}

  /** Skips the test, and says so, where namespaces or FUSE cannot be had. */
  static void need() throws IOException, InterruptedException {
    Tools.need("unshare", "nsenter", "ip", "mount", "vblade");
    if (!Files.isWritable(Path.of("/dev/fuse"))
        || Launcher.run(List.of("unshare", "--mount", "--net", "--pid", "--fork", "true"))
                .exitCode()
            != 0) {
      String message = "skipped: needs root, /dev/fuse, and a kernel with namespaces";
      System.err.println(message);
      Assumptions.abort(message);
    }
  }

  /**
   * Runs a main class with the path of an empty directory as its last argument.
   *
   * @param name of the run, for what is kept of it when it fails
   * @throws AssertionError when its exit code is not 0
   */
  static void run(Class<?> main, String name, long limitSeconds, List<String> arguments)
      throws IOException, InterruptedException {
    String base = System.getenv().getOrDefault("TWINLOG_TMPDIR", "/var/tmp");
    Path directory = Files.createTempDirectory(Path.of(base), "nemesis-");
    Path out = directory.resolve("out");
    try {
      List<String> command = new ArrayList<>();
      command.addAll(List.of("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc"));
      command.add("--kill-child");
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      // It is number 1 among its own processes, and no file in /tmp may be named by that.
      command.addAll(
          List.of("-Xmx1g", "-XX:-UsePerfData", "-cp", System.getProperty("java.class.path")));
      command.add(main.getName());
      command.addAll(arguments);
      command.add(directory.toString());
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
      boolean ended;
      try {
        ended = process.waitFor(limitSeconds, TimeUnit.SECONDS);
      } finally {
        process.destroyForcibly().waitFor();
      }
      System.out.println(Files.readString(out));
      if (!ended || process.exitValue() != 0) {
        throw new AssertionError(
            "%s failed (%s); kept: %s"
                .formatted(
                    name,
                    ended ? "exit code " + process.exitValue() : "not at its end in time",
                    keep(directory, name)));
      }
    } finally {
      delete(directory);
    }
  }

  /** For such a program: whoever started it holds the other end of its standard input. */
  static void endWithParent() {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (System.in.read() >= 0) {}
              } catch (IOException e) {
                // As good as its end.
              }
              Runtime.getRuntime().halt(1);
            },
            "parent-watch");
    thread.setDaemon(true);
    thread.start();
  }

  /** Everything but the disk, which is large and has changed since. */
  private static Path keep(Path directory, String name) throws IOException {
    Path kept = Files.createDirectories(KEPT.resolve(name));
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        if (Files.isRegularFile(file) && !file.toString().endsWith(".img")) {
          Files.copy(file, kept.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    return kept;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
