package io.twinlog.deploy.process;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Other people's programs that some tests need. */
public final class Tools {

  private Tools() {}

  /** Skips the test, and says so, when a program is not installed. */
  public static void need(String... programs) {
    for (String program : programs) {
      if (!isInstalled(program)) {
        String message = "skipped: " + program + " is not installed (deploy/test installs it)";
        System.err.println(message);
        Assumptions.abort(message);
      }
    }
  }

  private static boolean isInstalled(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "/usr/bin").split(":", -1)) {
      if (!directory.isEmpty() && Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }
}
